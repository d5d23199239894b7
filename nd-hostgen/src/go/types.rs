//! Go types as written, before any name is looked up.

use super::text::{GoText, children, fields};
use crate::diagnostic::Place;
use tree_sitter::Node;

/// How deep types may be nested.
const DEEPEST: usize = 64;

/// How much of a type messages show, in characters.
const LONGEST: usize = 80;

/// A type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GoType {
    /// Its shape.
    pub shape: Shape,
    /// How it is written, for messages.
    pub text: String,
    /// Where it is.
    pub place: Place,
}

/// The shape of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// `Name`
    Name(String),
    /// `package.Name`
    Qualified {
        /// The package as the file calls it.
        package: String,
        /// The name.
        name: String,
    },
    /// `*T`
    Pointer(Box<GoType>),
    /// `[]T`
    Slice(Box<GoType>),
    /// `[n]T`
    Array,
    /// `map[K]V`
    Map(Box<GoType>, Box<GoType>),
    /// `interface{ … }`
    Interface,
    /// `struct{ … }`
    Struct,
    /// `func(…)`
    Function,
    /// `chan T`
    Channel,
    /// `Name[T]`
    Generic,
    /// A type inside more types than there may be.
    TooDeep,
    /// Anything else.
    Unknown,
}

/// Reads a type.
pub(super) fn read(text: &GoText<'_>, node: Node<'_>) -> GoType {
    read_at(text, node, 0)
}

fn read_at(text: &GoText<'_>, node: Node<'_>, depth: usize) -> GoType {
    let shape = if depth > DEEPEST {
        Shape::TooDeep
    } else {
        shape(text, node, depth).unwrap_or(Shape::Unknown)
    };
    let written = text.of(node).lines().next().unwrap_or_default();
    GoType {
        shape,
        text: written.chars().take(LONGEST).collect(),
        place: text.place(node),
    }
}

fn shape(text: &GoText<'_>, node: Node<'_>, depth: usize) -> Option<Shape> {
    let inner = |node: Node<'_>| Box::new(read_at(text, node, depth + 1));
    let field = |name: &str| fields(node, name).into_iter().next();
    let word = |name: &str| field(name).map(|node| text.of(node).to_owned());
    Some(match node.kind() {
        "type_identifier" => Shape::Name(text.of(node).to_owned()),
        "qualified_type" => Shape::Qualified {
            package: word("package")?,
            name: word("name")?,
        },
        "parenthesized_type" => inner(*children(node).first()?).shape,
        "pointer_type" => Shape::Pointer(inner(*children(node).first()?)),
        "slice_type" => Shape::Slice(inner(field("element")?)),
        "array_type" | "implicit_length_array_type" => Shape::Array,
        "map_type" => Shape::Map(inner(field("key")?), inner(field("value")?)),
        "interface_type" => Shape::Interface,
        "struct_type" => Shape::Struct,
        "function_type" => Shape::Function,
        "channel_type" => Shape::Channel,
        "generic_type" => Shape::Generic,
        _ => return None,
    })
}
