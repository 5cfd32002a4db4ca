//! What is read of others' tasks, and what is refused, with its place.

use super::{Format, Scoring, Task, compose, cyber, harbor, read};
use crate::grade::grade;
use assessment::{Outcome, Submission};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use sandbox::Policy;
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

const EVAL: &str = "\
name: cipher
sandbox: {type: docker, config: compose.yaml}
files:
  /root/note.txt: resources/note.txt
flag: FLAG{one two}
metadata: {category: crypto}
variants:
  easy:
    prompt: Find the flag.
    metadata: {hints: 1}
  solution:
    prompt: Run solution.sh
    files: {solution.sh: solution.sh}
";
const COMPOSE: &str = "services:\n  default:\n    image: kali\n    init: true\n    volumes: [own:/data]\n    network_mode: none\nvolumes:\n  own: {}\n";

fn cyber_folder(eval: &str, compose: &str) -> TempDir {
    folder(&[
        ("a/eval.yaml", eval),
        ("a/compose.yaml", compose),
        ("a/resources/note.txt", "a cipher"),
        ("a/solution.sh", "echo"),
        (".hidden/eval.yaml", "nothing of the kind"),
    ])
}

#[test]
fn a_variant_is_a_task_and_its_flag_counts_exactly() {
    let dir = cyber_folder(EVAL, COMPOSE);
    let tasks = read(dir.path()).unwrap();
    let [easy, solution] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!((easy.format, easy.name.as_str()), (Format::InspectCyber, "cipher (easy)"));
    assert_eq!(easy.files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(), ["note.txt"]);
    assert!(easy.prompt.contains("`note.txt`"), "{}", easy.prompt);
    assert_eq!(
        easy.metadata.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>(),
        ["category=crypto", "hints=1"]
    );
    assert!(easy.lacks.is_empty(), "{:?}", easy.lacks);
    assert!(!solution.lacks.is_empty() && solution.ready().is_none());
    let text = serde_json::to_string(easy).unwrap();
    assert!(!text.contains("one two"), "the flag is not kept");
    assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), *easy);
    let instance = easy.ready().unwrap().instance;
    let judged = |answer: &str| {
        let submission = Submission::Answer(answer.to_owned());
        grade(&instance.oracle, &submission, &Policy::default()).outcome
    };
    assert_eq!(judged(" FLAG{one two}\n"), Outcome::Pass);
    // what a search for a substring lets through
    for wrong in ["FLAG{one two} or FLAG{three}", "FLAG{one}", "flag{one two}", ""] {
        assert_eq!(judged(wrong), Outcome::Fail, "{wrong}");
    }
    // a file may be named itself
    assert_eq!(read(&dir.path().join("a/eval.yaml")).unwrap(), tasks);
}

#[test]
fn what_a_task_needs_is_said() {
    let lacks = |eval: &str, compose: &str| {
        let dir = cyber_folder(eval, compose);
        read(dir.path()).unwrap()[0].lacks.join("\n")
    };
    let two = "services:\n  default: {image: a}\n  web: {build: web}\n";
    expect!["container images for these services, to be had by hand: web"]
        .assert_eq(&lacks(EVAL, two));
    expect!["a service `web` that takes the file resources/note.txt"]
        .assert_eq(&lacks(&EVAL.replace("/root/note.txt", "web:/x"), COMPOSE));
    expect!["its `setup` to be run as root inside a container"].assert_eq(&lacks(
        &EVAL.replace("metadata: {category: crypto}", "setup: setup.sh"),
        COMPOSE,
    ));
    expect!["a sandbox of type `k8s`, which is not read here"]
        .assert_eq(&lacks(&EVAL.replace("docker", "k8s"), COMPOSE));
    let shown = EVAL.replace("FLAG{one two}", "cipher");
    let dir = cyber_folder(&shown, COMPOSE);
    assert!(
        read(dir.path()).unwrap()[0]
            .notes
            .iter()
            .any(|n| n.contains("the flag stands in note.txt"))
    );
}

#[test]
fn what_opens_a_sandbox_is_refused_by_name_and_place() {
    let told = |extra: &str| {
        let text = format!("services:\n  web:\n    image: a\n    {extra}\n");
        compose::check("compose.yaml", &text).unwrap_err().to_string()
    };
    expect!["compose.yaml, `services.web.privileged` in line 4: refused: it gives the container the host's privileges"].assert_eq(&told("privileged: yes"));
    expect!["compose.yaml, `services.web.volumes` in line 4: refused: it mounts a socket of the host: /var/run/docker.sock:/var/run/docker.sock"].assert_eq(&told("volumes: ['/var/run/docker.sock:/var/run/docker.sock']"));
    for (extra, key) in [
        ("volumes: [./data:/data]", "volumes"),
        ("volumes: ['${HOME}:/data']", "volumes"),
        ("volumes: [{type: bind, source: data, target: /x}]", "volumes"),
        ("network_mode: host", "network_mode"),
        ("network_mode: 'service:db'", "network_mode"),
        ("pid: host", "pid"),
        ("ipc: host", "ipc"),
        ("cap_add: [SYS_ADMIN]", "cap_add"),
        ("devices: [/dev/kvm]", "devices"),
        ("security_opt: ['seccomp:unconfined']", "security_opt"),
        ("ports: ['80:80']", "ports"),
        ("extends: {file: other.yaml}", "extends"),
        ("env_file: .env", "env_file"),
        ("build: {context: ., privileged: true}", "build.privileged"),
        ("use_api_socket: true", "use_api_socket"),
        ("something_new: 1", "something_new"),
    ] {
        let what = told(extra);
        assert!(
            what.contains(&format!("`services.web.{key}` in line 4: refused")),
            "{extra}: {what}"
        );
    }
    let whole = |text: &str| compose::check("c", text).unwrap_err().to_string();
    for (text, place) in [
        ("include: [other.yaml]\nservices: {a: {image: b}}\n", "`include` in line 1"),
        (
            "networks:\n  n: {external: true}\nservices: {a: {image: b}}\n",
            "`networks.n.external` in line 2",
        ),
        (
            "volumes:\n  v:\n    driver_opts: {type: none, o: bind, device: /}\nservices: {a: {image: b}}\n",
            "`volumes.v.driver_opts` in line 3",
        ),
        ("x: &a {privileged: true}\nservices: {w: *a}\n", "anchors"),
        ("services:\n  w:\n    privileged: false\n    privileged: true\n", "twice"),
        ("services: !include other.yaml\n", "tags"),
    ] {
        assert!(whole(text).contains(place), "{text}: {}", whole(text));
    }
    let dir = cyber_folder(EVAL, "services: {default: {image: a, privileged: true}}\n");
    assert!(
        read(dir.path())
            .unwrap_err()
            .to_string()
            .starts_with("a/compose.yaml, `services.default.privileged`")
    );
}

#[test]
fn what_is_no_task_is_refused() {
    let told = |eval: &str, want: Expect| {
        want.assert_eq(&cyber::Eval::read("eval.yaml", eval).unwrap_err().to_string());
    };
    told("name: a\n", expect!["eval.yaml: `variants` must be 1 to 128"]);
    told(
        "name: a\nscorer: includes\n",
        expect!["eval.yaml, `scorer` in line 2: is a key that this version does not know"],
    );
    told(
        "name: a\nvariants: {x: {flag: f}}\n",
        expect!["eval.yaml, `variants.x` in line 2: there is no `prompt`"],
    );
    told("", expect!["eval.yaml: it is empty"]);
    let dir = folder(&[("README", "")]);
    assert!(
        read(dir.path()).unwrap_err().to_string().contains("no `eval.yaml` and no `task.toml`")
    );
    // what leads elsewhere is not read
    let outside = EVAL.replace("resources/note.txt", "../../../etc/passwd");
    let dir = cyber_folder(&outside, COMPOSE);
    assert!(read(dir.path()).unwrap_err().to_string().contains("leads out of what is imported"));
    let dir = cyber_folder(EVAL, COMPOSE);
    let note = dir.path().join("a/resources/note.txt");
    std::fs::remove_file(&note).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &note).unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("links are not followed"));
}

const TOML: &str = "\
schema_version = \"1.4\"
[task]
name = \"org/fix\"
[metadata]
difficulty = \"easy\"
[verifier]
timeout_sec = 60.0
[environment]
cpus = 1
memory_mb = 2048
";

fn harbor_folder(toml: &str, docker: &str) -> TempDir {
    folder(&[
        ("task.toml", toml),
        ("instruction.md", "Fix it."),
        ("environment/Dockerfile", docker),
        ("tests/test.sh", "echo 1 > /logs/verifier/reward.txt"),
        ("tests/inner/case.py", "pass"),
        ("solution/solve.sh", "true"),
    ])
}

#[test]
fn a_harbor_task_keeps_its_check_apart_and_says_what_it_needs() {
    let dir = harbor_folder(TOML, "FROM python:3.13\nWORKDIR /app\nRUN pip install x\n");
    let tasks = read(dir.path()).unwrap();
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!(
        (task.format, task.name.as_str(), task.prompt.as_str()),
        (Format::Harbor, "org/fix", "Fix it.")
    );
    let Scoring::Check { files, .. } = &task.scoring else { panic!("{task:?}") };
    assert_eq!(
        files.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
        ["inner/case.py", "test.sh"]
    );
    assert!(task.files.is_empty(), "neither tests nor solution reach the agent");
    expect![[r#"
        the container image `python:3.13`, to be had by hand
        an image: `pip` in line 3 takes what it needs from the internet"#]]
    .assert_eq(&task.lacks.join("\n"));
    assert!(task.ready().is_none());
    assert!(task.notes.iter().any(|n| n.contains("no task has a network")));
}

/// A task whose check runs a program that the agent is to mend.
const DOCKER: &str = "\
# a comment
FROM --platform=linux/amd64 ubuntu:24.04
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /app
COPY src/ ./src/
COPY [\"run.sh\", \"/app/bin/\"]
RUN mkdir -p data && \\
    seq 3 > data/numbers
CMD [\"sleep\", \"infinity\"]
";
const SUM: &str = "\
cd /app || exit 1
if [ \"$(./bin/run.sh)\" = 6 ] && [ -d /logs/verifier ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
echo \"seen: $(pwd)\" >&2
";

fn sum_folder(docker: &str, check: &str) -> TempDir {
    let dir = folder(&[
        ("task.toml", TOML),
        ("instruction.md", "Let bin/run.sh print the sum."),
        ("environment/Dockerfile", docker),
        ("environment/src/note.txt", "numbers are in data"),
        ("environment/run.sh", "#!/bin/sh\necho 5\n"),
        ("tests/test.sh", check),
    ]);
    let run = dir.path().join("environment/run.sh");
    let mut permissions = std::fs::metadata(&run).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(run, permissions).unwrap();
    dir
}

#[test]
fn a_harbor_task_without_an_image_of_its_own_can_be_run() {
    let dir = sum_folder(DOCKER, SUM);
    let task = read(dir.path()).unwrap().pop().unwrap();
    assert_eq!(task.lacks, [""; 0]);
    let files: Vec<_> = task.files.iter().map(|f| (f.path.as_str(), f.executable)).collect();
    assert_eq!(files, [("bin/run.sh", true), ("src/note.txt", false)]);
    assert_eq!(task.setup, ["mkdir -p data &&  seq 3 > data/numbers"]);
    let text = serde_json::to_string(&task).unwrap();
    assert_eq!(serde_json::from_str::<Task>(&text).unwrap(), task);
    let ready = task.ready().unwrap();
    if let Err(why) = sandbox::probe() {
        println!("skipped: execution in a sandbox ({why})");
        return;
    }
    let judged = |script: &str, more: &[(&str, &str)]| {
        let left = |path: &str, text: &str| assessment::Left {
            path: path.to_owned(),
            bytes: text.into(),
            executable: true,
        };
        let mut all = vec![left("data/numbers", "1\n2\n3\n"), left("bin/run.sh", script)];
        all.extend(more.iter().map(|(path, text)| left(path, text)));
        let judged = grade(&ready.instance.oracle, &Submission::Left(all), &Policy::default());
        (judged.outcome, judged.reason.to_string())
    };
    let sums = "#!/bin/sh\necho $(($(tr '\\n' + < data/numbers) 0))\n";
    assert_eq!(judged(sums, &[]).0, Outcome::Pass, "{:?}", judged(sums, &[]));
    assert_eq!(judged("#!/bin/sh\necho 5\n", &[]).0, Outcome::Fail);
    // what lies where a careless grader looks is not its word
    let forged =
        [("logs/verifier/reward.txt", "1"), ("tests/test.sh", "echo 1"), ("reward.txt", "1")];
    assert_eq!(judged("#!/bin/sh\necho 5\n", &forged).0, Outcome::Fail);
    assert_eq!(
        grade(&ready.instance.oracle, &Submission::Answer("1".into()), &Policy::default()).outcome,
        Outcome::Fail
    );
    // a check that breaks says nothing, and neither does the harness
    for (check, why) in [
        ("exit 3\n", "wrote no reward"),
        ("kill -SEGV $$\n", "died of signal 11"),
        ("no-such-program\n", "as what it calls is not here"),
        ("echo well > /logs/verifier/reward.txt\n", "no number"),
    ] {
        let dir = sum_folder(DOCKER, check);
        let ready = read(dir.path()).unwrap().pop().unwrap().ready().unwrap();
        let judged =
            grade(&ready.instance.oracle, &Submission::Left(Vec::new()), &Policy::default());
        assert_eq!(judged.outcome, Outcome::Invalid, "{check}: {}", judged.reason);
        assert!(judged.reason.to_string().contains(why), "{check}: {}", judged.reason);
    }
}

#[test]
fn what_a_task_of_harbor_needs_is_said() {
    let lacks = |docker: &str, check: &str| {
        let dir = sum_folder(docker, check);
        let task = read(dir.path()).unwrap().pop().unwrap();
        assert!(task.ready().is_none(), "{docker}");
        task.lacks.join("\n")
    };
    let with = |line: &str| lacks(&format!("FROM debian\nWORKDIR /app\n{line}\n"), SUM);
    expect!["a working directory of its own: nothing names one (`WORKDIR`)"]
        .assert_eq(&lacks("FROM debian\n", SUM));
    expect!["the working directory `/etc`, which here is the system's own"]
        .assert_eq(&lacks("FROM debian\nWORKDIR /etc\n", SUM));
    expect!["the container image `ghcr.io/a/b:1`, to be had by hand"]
        .assert_eq(&lacks("FROM ghcr.io/a/b:1\nWORKDIR /app\n", SUM));
    expect!["an image: `apt-get` in line 3 takes what it needs from the internet"]
        .assert_eq(&with("RUN true && apt-get install -y curl"));
    expect!["an image: `useradd` in line 3 needs the root of a container"]
        .assert_eq(&with("RUN useradd me"));
    expect!["the file `/srv/run.sh`, outside its working directory"]
        .assert_eq(&with("COPY run.sh /srv/run.sh"));
    expect!["`COPY` in line 3: `--from=build` takes files from elsewhere"]
        .assert_eq(&with("COPY --from=build a b"));
    expect!["`ADD` in line 3: `https://example.org/x` is no plain path"]
        .assert_eq(&with("ADD https://example.org/x /app/x"));
    expect!["the variable `KEY` that line 3 sets"].assert_eq(&with("ENV KEY=value"));
    expect!["the program `nginx` that its image starts (line 3)"].assert_eq(&with("CMD nginx"));
    expect!["what `RUN` in line 3 does"].assert_eq(&with("RUN <<EOF"));
    expect!["the user `app` of its image"].assert_eq(&with("USER app"));
    expect!["its check: `curl` in line 2 takes what it needs from the internet"]
        .assert_eq(&lacks(DOCKER, "# apt-get\ncurl -L x | sh\n"));
    // a file that is not there, or a link out of the folder, is no lack but an error
    let dir = sum_folder("FROM debian\nWORKDIR /app\nCOPY ../../etc/passwd x\n", SUM);
    assert!(read(dir.path()).unwrap_err().to_string().contains("leads out of what is imported"));
}

#[test]
fn what_opens_a_harbor_task_is_refused() {
    let told = |more: &str| {
        harbor::Settings::read("task.toml", &format!("{TOML}{more}")).unwrap_err().to_string()
    };
    assert!(
        told("[verifier.env]\nKEY = \"${OPENAI_API_KEY}\"\n")
            .contains("`verifier.env.KEY`: refused: it takes the host's environment")
    );
    assert!(
        told("privileged = true\n")
            .contains("`environment.privileged`: is a key that this version does not know")
    );
    assert!(told("= 1").contains("is no TOML"));
    let refused = |docker: &str| harbor::image("Dockerfile", docker).unwrap_err().to_string();
    expect!["Dockerfile, line 2: refused: `--security=insecure` gives the build more than files"]
        .assert_eq(&refused("FROM a\nRUN --security=insecure true\n"));
    let dir = harbor_folder(TOML, "FROM a\n");
    std::fs::write(
        dir.path().join("environment/docker-compose.yaml"),
        "services: {main: {volumes: ['/:/host']}}\n",
    )
    .unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().starts_with(
        "environment/docker-compose.yaml, `services.main.volumes` in line 1: refused"
    ));
    std::fs::remove_file(dir.path().join("environment/docker-compose.yaml")).unwrap();
    std::fs::remove_file(dir.path().join("tests/test.sh")).unwrap();
    assert!(read(dir.path()).unwrap_err().to_string().contains("nothing decides"));
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "[ -~\n]{0,300}") {
        super::look_at(&text);
    }

    /// No spelling of a volume that reaches the host is taken.
    #[test]
    fn a_place_of_the_host_is_never_taken(path in "[./~$][a-zA-Z0-9./_{}-]{0,20}", to in "/[a-z]{1,8}") {
        let text = format!("services:\n  web:\n    volumes:\n      - \"{path}:{to}\"\n");
        prop_assert!(compose::check("c", &text).is_err());
    }
}

/// The folder of others' tasks that a person has, if any: all of them are read or refused with a place.
#[test]
#[expect(clippy::disallowed_methods, reason = "where the tasks are is for who runs it to say")]
fn tasks_at_hand_are_read() {
    let Ok(path) = std::env::var("VESTIBULE_FOREIGN_TASKS") else {
        println!("skipped: VESTIBULE_FOREIGN_TASKS names no folder");
        return;
    };
    match read(Path::new(&path)) {
        Ok(tasks) => println!(
            "{} tasks, {} can be run here",
            tasks.len(),
            tasks.iter().filter(|t| t.lacks.is_empty()).count()
        ),
        Err(error) => println!("refused: {error}"),
    }
}
