//! A small tree of an XML document: names, attributes, text.

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::QName;
use quick_xml::{Reader, XmlVersion};

use super::model::MAX_NAME;

/// Deeper documents are refused; lyrics have a handful of levels.
const MAX_DEPTH: usize = 64;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Name without its prefix.
    pub(super) name: String,
    /// Names with their prefix, and values.
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Node>,
}

/// What an element holds.
#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// Returns the attribute of that name, whatever its prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let local = |full: &str| full.rsplit(':').next() == Some(name);
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(full, _)| local(full))
            .map(|(_, value)| value.as_str())
    }

    /// Returns the id of the voice, if it has one that is not too long.
    pub(super) fn voice(&self) -> Option<&str> {
        self.attribute("agent")
            .filter(|voice| voice.len() <= MAX_NAME)
    }

    /// Returns the language: of `xml:lang`, else of `lang`. One that is too long is none.
    pub(super) fn language(&self) -> Option<&str> {
        let named = |name| {
            let mut attributes = self.attributes.iter();
            attributes.find(move |(full, _)| full == name)
        };
        let found = named("xml:lang").or_else(|| named("lang"));
        found
            .map(|(_, value)| value.trim())
            .filter(|language| (1..=MAX_NAME).contains(&language.len()))
    }

    /// Returns the child elements.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Returns all elements of that name, at any depth, in the order of the document.
    pub(super) fn descendants<'a>(&'a self, name: &str) -> Vec<&'a Element> {
        let mut found = Vec::new();
        for element in self.elements() {
            if element.name == name {
                found.push(element);
            }
            found.extend(element.descendants(name));
        }
        found
    }
}

/// Reads a document whose root element has the given name; none if it is another document or not well-formed.
pub(super) fn read(text: &str, root: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Start(start) | Event::Empty(start)
                if open.is_empty() && local(start.name()) != root =>
            {
                return None;
            }
            Event::Start(start) if open.len() < MAX_DEPTH => open.push(element(&start)?),
            Event::Start(_) => return None,
            Event::Empty(start) => {
                let empty = element(&start)?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(Node::Element(empty)),
                    None => return Some(empty),
                }
            }
            Event::End(_) => {
                let closed = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(Node::Element(closed)),
                    None => return Some(closed),
                }
            }
            Event::Text(text) => add_text(&mut open, &text.decode().ok()?),
            Event::CData(text) => add_text(&mut open, &text.decode().ok()?),
            Event::GeneralRef(reference) => add_text(&mut open, &resolve(&reference)?),
            Event::Eof => return None,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn local(name: QName<'_>) -> String {
    String::from_utf8_lossy(name.local_name().as_ref()).into_owned()
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut attributes = Vec::new();
    // Looking for duplicates would take quadratic time.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.ok()?;
        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        attributes.push((name, value.into_owned()));
    }
    Some(Element {
        name: local(start.name()),
        attributes,
        children: Vec::new(),
    })
}

fn add_text(open: &mut [Element], text: &str) {
    let Some(parent) = open.last_mut() else {
        return;
    };
    match parent.children.last_mut() {
        Some(Node::Text(before)) => before.push_str(text),
        _ => parent.children.push(Node::Text(text.to_owned())),
    }
}

/// Resolves a character or one of XML's own entities; others are left for whoever decodes HTML.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if let Some(letter) = reference.resolve_char_ref().ok()? {
        return Some(letter.to_string());
    }
    let name = reference.decode().ok()?;
    Some(match resolve_predefined_entity(&name) {
        Some(text) => text.to_owned(),
        None => format!("&{name};"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_a_tree() {
        let tree = read(
            "<?xml version=\"1.0\"?><!-- c --><x:a xml:lang=\"en\" b:c=\"1&amp;2\">t&amp;&#233;<b/><![CDATA[<c>]]></x:a>",
            "a",
        )
        .expect("a tree");
        assert_eq!(tree.language(), Some("en"));
        assert_eq!(tree.attribute("c"), Some("1&2"));
        let Node::Text(text) = &tree.children[0] else {
            panic!("{tree:?}");
        };
        assert_eq!(text, "t&é");
        assert_eq!(tree.elements().count(), 1);
    }

    #[test]
    fn what_is_no_such_document_is_none() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        for text in [
            "",
            "text",
            "<b/>",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<!DOCTYPE a>",
            &deep,
        ] {
            assert!(read(text, "a").is_none(), "{text}");
        }
    }
}
