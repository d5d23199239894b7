//! Answers as documents: one tree, written as JSON or as XML.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value in an answer. In XML, plain values of an object are attributes and the rest are elements.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Text(String),
    /// A text that is an element of its own in XML.
    Element(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Object(Object),
    List(Vec<Node>),
}

/// Named values in order. The one named `value` is the content of its element in XML.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Object(Vec<(&'static str, Node)>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Node>) -> Self {
        self.0.push((key, value.into()));
        self
    }

    /// Adds a value if there is one.
    pub(super) fn with_some(self, key: &'static str, value: Option<impl Into<Node>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// Adds a text unless it is empty.
    pub(super) fn with_text(self, key: &'static str, text: &str) -> Self {
        self.with_some(key, Some(text).filter(|text| !text.is_empty()))
    }

    /// Adds a number unless it is 0.
    pub(super) fn with_number(self, key: &'static str, number: impl Into<i64>) -> Self {
        self.with_some(key, Some(number.into()).filter(|&number| number != 0))
    }

    /// Adds a list unless it is empty.
    pub(super) fn with_list(self, key: &'static str, list: Vec<Object>) -> Self {
        match list.is_empty() {
            true => self,
            false => self.with(key, list),
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Node {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<i32> for Node {
    fn from(number: i32) -> Self {
        Self::Int(number.into())
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Node {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Object> for Node {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl<T: Into<Node>> From<Vec<T>> for Node {
    fn from(list: Vec<T>) -> Self {
        Self::List(list.into_iter().map(Into::into).collect())
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) | Self::Element(text) => serializer.serialize_str(text),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Object(object) => object.serialize(serializer),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// Writes an object as the root element of an XML document, in the namespace of the API.
pub(super) fn to_xml(name: &str, object: &Object) -> std::io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new());
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut start = BytesStart::new(name);
    start.push_attribute(("xmlns", "http://subsonic.org/restapi"));
    write_object(&mut writer, start, object)?;
    Ok(writer.into_inner())
}

fn write_object(
    writer: &mut Writer<Vec<u8>>,
    mut start: BytesStart<'_>,
    object: &Object,
) -> std::io::Result<()> {
    let end = BytesEnd::new(String::from_utf8_lossy(start.name().as_ref()).into_owned());
    for (key, value) in &object.0 {
        if let Some(text) = plain(value)
            && *key != "value"
        {
            start.push_attribute((*key, text.as_str()));
        }
    }
    writer.write_event(Event::Start(start))?;
    for (key, value) in &object.0 {
        match value {
            Node::List(list) => {
                for item in list {
                    write_node(writer, key, item)?;
                }
            }
            value if *key == "value" => {
                let text = plain(value).unwrap_or_default();
                writer.write_event(Event::Text(BytesText::new(&text)))?;
            }
            Node::Object(_) | Node::Element(_) => write_node(writer, key, value)?,
            _ => {}
        }
    }
    writer.write_event(Event::End(end))
}

fn write_node(writer: &mut Writer<Vec<u8>>, name: &str, value: &Node) -> std::io::Result<()> {
    if let Node::Object(object) = value {
        return write_object(writer, BytesStart::new(name), object);
    }
    let text = match value {
        Node::Element(text) => readable(text),
        value => plain(value).unwrap_or_default(),
    };
    writer.write_event(Event::Start(BytesStart::new(name)))?;
    writer.write_event(Event::Text(BytesText::new(&text)))?;
    writer.write_event(Event::End(BytesEnd::new(name)))
}

/// Returns a plain value as text.
fn plain(value: &Node) -> Option<String> {
    match value {
        Node::Text(text) => Some(readable(text)),
        Node::Int(number) => Some(number.to_string()),
        Node::Float(number) => Some(number.to_string()),
        Node::Bool(truth) => Some(truth.to_string()),
        Node::Element(_) | Node::Object(_) | Node::List(_) => None,
    }
}

/// Replaces characters that XML has no way to write; tags of music files may hold any.
fn readable(text: &str) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars()
        .map(|c| if allowed(c) { c } else { '\u{fffd}' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    fn sample() -> Object {
        let genre = Object::new().with("songCount", 2).with("value", "R&B");
        Object::new()
            .with("status", "ok \u{1}\"<")
            .with("open", true)
            .with("gain", -6.5)
            .with_text("nothing", "")
            .with_number("zero", 0)
            .with_some("absent", None::<i64>)
            .with_list("empty", Vec::new())
            .with_list("genre", vec![genre.clone(), genre])
            .with("isrc", vec!["a", "b"])
            .with("biography", Node::Element("Once <upon>".to_owned()))
            .with("inner", Object::new().with("n", 1))
    }

    #[test]
    fn json_keeps_the_order_and_escapes_as_the_server_does() {
        let json = wire::encode(&sample()).expect("a document");
        assert_eq!(
            String::from_utf8_lossy(&json),
            r#"{"status":"ok \u0001\"\u003c","open":true,"gain":-6.5,"genre":[{"songCount":2,"value":"R\u0026B"},{"songCount":2,"value":"R\u0026B"}],"isrc":["a","b"],"biography":"Once \u003cupon\u003e","inner":{"n":1}}"#
        );
    }

    #[test]
    fn xml_has_attributes_elements_and_contents() {
        let xml = to_xml("subsonic-response", &sample()).expect("a document");
        assert_eq!(
            String::from_utf8_lossy(&xml),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><subsonic-response xmlns=\"http://subsonic.org/restapi\" \
             status=\"ok \u{fffd}&quot;&lt;\" open=\"true\" gain=\"-6.5\"><genre songCount=\"2\">R&amp;B</genre>\
             <genre songCount=\"2\">R&amp;B</genre><isrc>a</isrc><isrc>b</isrc>\
             <biography>Once &lt;upon&gt;</biography><inner n=\"1\"></inner></subsonic-response>"
        );
    }
}
