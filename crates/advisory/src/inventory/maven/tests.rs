//! Lists, trees, lock files and projects; what is not pinned; what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const GRADLE: &str = "# This is a Gradle generated file for dependency locking.
org.springframework:spring-core:5.3.9=compileClasspath,runtimeClasspath
com.google.guava:guava:30.1-jre
empty=annotationProcessor
";

const TREE: &str = "[INFO] Scanning for projects...
[INFO] --- maven-dependency-plugin:2.8:tree (default-cli) @ app ---
[INFO] org.example:app:jar:1.0-SNAPSHOT
[INFO] +- org.springframework:spring-core:jar:5.3.9:compile
[INFO] |  \\- org.springframework:spring-jcl:jar:5.3.9:compile (optional)
[INFO] |     \\- (org.slf4j:slf4j-api:jar:1.7.30:compile - omitted for duplicate)
[INFO] \\- io.netty:netty-transport-native-epoll:jar:linux-x86_64:4.1.60.Final:runtime
[INFO] BUILD SUCCESS
[INFO] Finished at: 2024-01-01T10:10:10Z
";

const POM: &str = "<?xml version='1.0'?>
<project xmlns='http://maven.apache.org/POM/4.0.0'>
  <properties><v>1</v></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>g</groupId><artifactId>managed</artifactId><version>3.0</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>g</groupId><artifactId>literal</artifactId><version>1.0</version></dependency>
    <dependency><groupId>g</groupId><artifactId>exact</artifactId><version>[1.0]</version></dependency>
    <dependency><groupId>g</groupId><artifactId>range</artifactId><version>[1.0,2.0)</version></dependency>
    <dependency><groupId>g</groupId><artifactId>property</artifactId><version>${v}</version></dependency>
    <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>sibling</artifactId><version>1</version></dependency>
  </dependencies>
  <build><plugins><plugin><artifactId>p</artifactId></plugin></plugins></build>
</project>
";

#[test]
fn what_is_pinned() {
    expect![[r#"
        line 2: pkg:maven/org.springframework/spring-core@5.3.9
        line 3: pkg:maven/com.google.guava/guava@30.1-jre
    "#]]
    .assert_eq(&shared::show(&read_gradle(GRADLE.as_bytes()).unwrap()));
    expect![[r#"
        line 3: pkg:maven/org.example/app@1.0-SNAPSHOT
        line 4: pkg:maven/org.springframework/spring-core@5.3.9
        line 5: pkg:maven/org.springframework/spring-jcl@5.3.9
        line 7: pkg:maven/io.netty/netty-transport-native-epoll@4.1.60.Final
    "#]]
    .assert_eq(&shared::show(&read_list(TREE.as_bytes()).unwrap()));
    expect![[r#"
        line 8: pkg:maven/g/literal@1.0
        line 9: pkg:maven/g/exact@1.0
        line 10: pkg:maven/g/range
        line 11: pkg:maven/g/property
        line 12: pkg:maven/g/managed@3.0
        line 13: ${project.groupId}:sibling Some("1")
    "#]]
    .assert_eq(&shared::show(&read_pom(POM.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_line() {
    expect!["gradle.lockfile, line 2: `a:b` is not a line such as `group:name:1.0=classpath`; correct the value at its source"].assert_eq(&read_gradle(b"#\na:b\n").unwrap_err().to_string());
    expect!["Maven dependency list: there is no line such as `group:name:jar:1.0:compile`; write it with `mvn dependency:list`"].assert_eq(&read_list(b"[INFO] nothing\n").unwrap_err().to_string());
    expect!["Maven dependency list, line 2: Maven reports an error, so the list is not whole; run it again once that is mended"]
        .assert_eq(&read_list(b"[INFO] a:b:jar:1:test\n[ERROR] no\n").unwrap_err().to_string());
    expect!["pom.xml, line 1: `bom` is not the element `project` of a Maven project; correct the value at its source"].assert_eq(&read_pom(b"<bom/>").unwrap_err().to_string());
    let lost = POM.replace("<artifactId>exact</artifactId>", "");
    expect![
        "pom.xml, line 9: a dependency needs `groupId` and `artifactId`; the file was cut or edited"
    ]
    .assert_eq(&read_pom(lost.as_bytes()).unwrap_err().to_string());
}

#[test]
fn corpora() {
    shared::replay("advisory_gradle", |bytes| drop(read_gradle(bytes)));
    shared::replay("advisory_maven_list", |bytes| drop(read_list(bytes)));
    shared::replay("advisory_maven_pom", |bytes| drop(read_pom(bytes)));
}
