//! Values of constants: literals, and what can be worked out from `iota`.

use super::declare::unquoted;
use super::text::{GoText, children, fields};
use tree_sitter::Node;

/// How deep an expression may be nested.
const DEEPEST: usize = 100;

/// The value of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// A whole number; on the way to it, numbers may be larger than any constant.
    Integer(i128),
    /// What is no literal.
    Unknown,
}

/// The values of an expression list; `iota` counts the lines of the block.
pub(super) fn evaluate(text: &GoText<'_>, list: Node<'_>, iota: usize) -> Vec<Value> {
    let values = children(list).into_iter();
    let iota = iota as i128;
    let values = values.map(|node| value(text, node, iota, 0).unwrap_or(Value::Unknown));
    values.collect()
}

fn value(text: &GoText<'_>, node: Node<'_>, iota: i128, depth: usize) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    let inner = |node: Node<'_>| value(text, node, iota, depth + 1);
    let field = |name: &str| fields(node, name).into_iter().next();
    match node.kind() {
        "interpreted_string_literal" | "raw_string_literal" => {
            Some(Value::Text(unquoted(text.of(node))))
        }
        "int_literal" => integer(text.of(node)).map(Value::Integer),
        "rune_literal" => {
            let quoted = text.of(node).strip_prefix('\'')?.strip_suffix('\'')?;
            let character = unescaped(quoted)?.chars().next()?;
            Some(Value::Integer(i128::from(u32::from(character))))
        }
        "iota" => Some(Value::Integer(iota)),
        "identifier" if text.of(node) == "iota" => Some(Value::Integer(iota)),
        "parenthesized_expression" => inner(*children(node).first()?),
        // A conversion, such as `Kind("a")`.
        "call_expression" | "type_conversion_expression" => {
            let arguments = field("arguments").or_else(|| field("operand"))?;
            match arguments.kind() {
                "argument_list" => match &children(arguments)[..] {
                    [only] => inner(*only),
                    _ => None,
                },
                _ => inner(arguments),
            }
        }
        "unary_expression" => {
            let Value::Integer(number) = inner(field("operand")?)? else {
                return None;
            };
            let sign = text.of(node).chars().next()?;
            let number = match sign {
                '-' => number.checked_neg()?,
                '+' => number,
                '^' => !number,
                _ => return None,
            };
            Some(Value::Integer(number))
        }
        "binary_expression" => {
            let operator = node.child_by_field_name("operator")?;
            let (left, right) = (inner(field("left")?)?, inner(field("right")?)?);
            binary(left, text.of(operator), right)
        }
        _ => None,
    }
}

fn binary(left: Value, operator: &str, right: Value) -> Option<Value> {
    let (left, right) = match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => (left, right),
        (Value::Text(left), Value::Text(right)) if operator == "+" => {
            return Some(Value::Text(left + &right));
        }
        _ => return None,
    };
    let shift = u32::try_from(right).ok();
    let number = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "<<" => {
            let moved = left.checked_shl(shift?)?;
            (moved.checked_shr(shift?)? == left).then_some(moved)
        }
        ">>" => left.checked_shr(shift?),
        "&" => Some(left & right),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&^" => Some(left & !right),
        _ => None,
    };
    number.map(Value::Integer)
}

/// A Go integer literal.
fn integer(literal: &str) -> Option<i128> {
    let plain = literal.replace('_', "").to_ascii_lowercase();
    let (digits, radix) = match plain.get(..2) {
        Some("0x") => (&plain[2..], 16),
        Some("0b") => (&plain[2..], 2),
        Some("0o") => (&plain[2..], 8),
        _ if plain.len() > 1 && plain.starts_with('0') => (&plain[1..], 8),
        _ => (&plain[..], 10),
    };
    i128::from_str_radix(digits, radix).ok()
}

/// The text that escapes in a Go string stand for; none if it is no Unicode text.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut plain: Vec<u8> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = rest[at + 1..].chars().next()?;
        let mut used = 1 + escape.len_utf8();
        let digits = match escape {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            '0'..='7' => {
                used -= 1;
                3
            }
            _ => 0,
        };
        if digits > 0 {
            let code = rest.get(at + used..at + used + digits)?;
            let radix = if escape.is_ascii_digit() { 8 } else { 16 };
            let code = u32::from_str_radix(code, radix).ok()?;
            if digits < 4 {
                plain.push(u8::try_from(code).ok()?);
            } else {
                let mut buffer = [0; 4];
                let character = char::from_u32(code)?;
                plain.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            }
            used += digits;
        } else {
            let controls = [
                ('a', 7),
                ('b', 8),
                ('f', 12),
                ('n', 10),
                ('r', 13),
                ('t', 9),
                ('v', 11),
                ('\\', b'\\'),
                ('\'', b'\''),
                ('"', b'"'),
            ];
            let control = controls.iter().find(|(letter, _)| *letter == escape);
            plain.push(control?.1);
        }
        rest = &rest[at + used..];
    }
    plain.extend_from_slice(rest.as_bytes());
    String::from_utf8(plain).ok()
}
