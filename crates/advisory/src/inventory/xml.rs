//! XML as a small tree: elements by name, their attributes, text and children, with lines.
//!
//! No document type is read, so there are no entities but XML's own five and character references.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::text;
use crate::error::{Format, Place, Problem, ReadError, printable};

/// Largest XML file we read, in bytes; the tree takes a few times as much.
pub(super) const MAX_XML_BYTES: usize = 128 << 20;

/// How deep elements may lie within elements.
const MAX_DEPTH: usize = 64;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    /// As written; the prefix of the outermost element is left off.
    pub(super) name: Cow<'a, str>,
    /// Names and values, as written.
    pub(super) attributes: Vec<(String, String)>,
    /// All character data directly within, not trimmed.
    text: Cow<'a, str>,
    /// Elements directly within.
    pub(super) children: Vec<Self>,
    /// Where it begins, from 1.
    pub(super) line: usize,
}

impl<'a> Node<'a> {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of that name.
    pub(super) fn all<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child, trimmed; none if it is empty.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// An attribute's value.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn add(&mut self, more: Cow<'a, str>) {
        if self.text.is_empty() { self.text = more } else { self.text.to_mut().push_str(&more) }
    }
}

/// The outermost element of a document.
pub(super) fn parse(format: Format, bytes: &[u8]) -> Result<Node<'_>, ReadError> {
    let text = text::of(format, bytes, MAX_XML_BYTES)?;
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            ReadError::new(format, Place::line(lines.of(at)), syntax(&error.to_string()))
        })?;
        if matches!(event, Event::Eof) {
            break;
        }
        let line = lines.of(at);
        tree.take(event, line)
            .map_err(|problem| ReadError::new(format, Place::line(line), problem))?;
    }
    let place = Place::line(lines.of(text.len()));
    match (tree.root, tree.open.is_empty()) {
        (Some(root), true) => Ok(root),
        (_, false) => Err(ReadError::new(format, place, syntax("an element has no end"))),
        (None, true) => Err(ReadError::new(format, place, syntax("there is no element"))),
    }
}

fn syntax(message: &str) -> Problem {
    Problem::Syntax(printable(message, 200))
}

/// Line numbers of ever greater offsets.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: usize) -> usize {
        let passed = self.text.as_bytes().get(self.at..offset.min(self.text.len()));
        self.line += passed.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        self.at = self.at.max(offset);
        self.line
    }
}

#[derive(Default)]
struct Tree<'a> {
    root: Option<Node<'a>>,
    open: Vec<Node<'a>>,
    /// With its colon.
    prefix: String,
}

impl<'a> Tree<'a> {
    fn take(&mut self, event: Event<'a>, line: usize) -> Result<(), Problem> {
        match event {
            Event::Start(start) => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(Problem::TooMany { what: "levels of elements", bound: MAX_DEPTH });
                }
                let node = self.node(&start, line)?;
                self.open.push(node);
            }
            Event::Empty(start) => {
                let node = self.node(&start, line)?;
                self.close(node)?;
            }
            Event::End(_) => {
                if let Some(done) = self.open.pop() {
                    self.close(done)?;
                }
            }
            Event::Text(text) => self.text(decoded(text.into_inner())?)?,
            Event::CData(text) => self.text(decoded(text.into_inner())?)?,
            Event::GeneralRef(reference) => self.text(resolved(&reference)?.into())?,
            Event::DocType(_) => {
                let remedy = "export the file without a document type";
                return Err(Problem::Unsupported { what: "a document type".to_owned(), remedy });
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn node(&mut self, start: &BytesStart<'_>, line: usize) -> Result<Node<'a>, Problem> {
        let name = String::from_utf8_lossy(start.name().0).into_owned();
        if self.open.is_empty()
            && let Some((prefix, _)) = name.split_once(':')
        {
            self.prefix = format!("{prefix}:");
        }
        let own = if self.prefix.is_empty() { None } else { name.strip_prefix(&self.prefix) };
        let name = own.map_or(name.clone(), str::to_owned);
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| syntax(&error.to_string()))?;
            let key = String::from_utf8_lossy(attribute.key.0).into_owned();
            let value = decoded(attribute.value)?;
            let value = unescape(&value).map_err(|error| syntax(&error.to_string()))?;
            attributes.push((key, value.into_owned()));
        }
        Ok(Node { name: name.into(), attributes, line, ..Node::default() })
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(node) => node.add(text),
            None if text.trim().is_empty() => {}
            None => return Err(syntax("text stands outside of the outermost element")),
        }
        Ok(())
    }

    fn close(&mut self, done: Node<'a>) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(done),
            None if self.root.is_none() => self.root = Some(done),
            None => return Err(syntax("there is a second outermost element")),
        }
        Ok(())
    }
}

fn decoded(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Problem> {
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
        Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
    }
    .ok_or(Problem::NotUtf8)
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, Problem> {
    let character = reference.resolve_char_ref().map_err(|error| syntax(&error.to_string()))?;
    if let Some(character) = character {
        return Ok(character.into());
    }
    let name = decoded(Cow::Borrowed(reference))?;
    let known = resolve_xml_entity(&name).map(str::to_owned);
    known.ok_or_else(|| Problem::value(&name, "one of XML's own entities"))
}

#[cfg(test)]
mod tests;
