//! Trees, and what is refused.
use super::*;
use expect_test::expect;

fn show(node: &Node<'_>, depth: usize, out: &mut String) {
    let text = node.text.trim();
    *out +=
        &format!("{:depth$}{} {:?} `{text}` line {}\n", "", node.name, node.attributes, node.line);
    node.children.iter().for_each(|child| show(child, depth + 1, out));
}

#[test]
fn a_tree() {
    let text = "\u{feff}<?xml version=\"1.0\"?>\n<!-- c --><x:a xmlns:x='u' k=\"1&amp;2\">\n  <x:b/>t&lt;&#65;<![CDATA[<&>]]>\n<y:c>\n</y:c></x:a>\n";
    let mut out = String::new();
    show(&parse(Format::CycloneDx, text.as_bytes()).unwrap(), 0, &mut out);
    expect![[r#"
        a [("xmlns:x", "u"), ("k", "1&2")] `t<A<&>` line 2
         b [] `` line 3
         y:c [] `` line 4
    "#]]
    .assert_eq(&out);
}

#[test]
fn refusals() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&parse(Format::CycloneDx, text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "",
        expect![
            "CycloneDX document, line 1: there is no element; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a>\n<b>",
        expect![
            "CycloneDX document, line 2: an element has no end; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a>\n</b>",
        expect![
            "CycloneDX document, line 2: ill-formed document: expected `</a>`, but `</b>` was found; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a/>\n<b/>",
        expect![
            "CycloneDX document, line 2: there is a second outermost element; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a/>text",
        expect![
            "CycloneDX document, line 1: text stands outside of the outermost element; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a k='1' k='2'/>",
        expect![
            "CycloneDX document, line 1: position 8: duplicated attribute, previous declaration at position 2; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "<a>&other;</a>",
        expect![
            "CycloneDX document, line 1: `other` is not one of XML's own entities; correct the value at its source"
        ],
    );
    check(
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        expect![
            "CycloneDX document, line 1: a document type is not supported; export the file without a document type"
        ],
    );
    check(
        &"<a>".repeat(100),
        expect![
            "CycloneDX document, line 1: there are more than 64 levels of elements; split the file or check where it came from"
        ],
    );
}
