//! Whether one side can read what the other writes by another definition.

use super::Verdict;
use super::Verdicts;
use super::flows::{self, Flow, Key};
use crate::model::{Field, Model, Scalar, Type};
use std::collections::BTreeSet;

/// A place in a document for a value, as one side defines it.
#[derive(Clone, Copy)]
pub(super) struct Slot<'a> {
    /// The side.
    pub model: &'a Model,
    /// The module in which the type is written.
    pub module: &'a str,
    /// The type.
    pub ty: &'a Type,
    /// Whether writers leave it out when it is empty.
    pub omitted: bool,
}

impl<'a> Slot<'a> {
    /// The slot of a struct's field.
    pub fn of(model: &'a Model, module: &'a str, field: &'a Field) -> Self {
        Self {
            model,
            module,
            ty: &field.ty,
            omitted: omitted(field),
        }
    }
}

/// Whether a field is ever left out: a struct is never empty.
pub(super) fn omitted(field: &Field) -> bool {
    field.omit_empty && !field.ty.is_struct()
}

/// Whether readers may insist on a field: it is always written, and not with null.
pub(super) fn needed(field: &Field) -> bool {
    !omitted(field) && !field.ty.is_option()
}

/// Judges a slot that both sides have, going these ways.
pub(super) fn judge(old: Slot<'_>, new: Slot<'_>, flows: &[Flow]) -> Verdicts {
    let mut guests = Verdict::compatible("");
    let mut hosts = Verdict::compatible("");
    for &flow in flows {
        let (old_to_new, new_to_old) = (read(old, new, flow), read(new, old, flow));
        let (guest, host) = match flow {
            Flow::ToHost => (
                verdict(old_to_new, "existing plugins send"),
                verdict(new_to_old, "existing hosts get"),
            ),
            Flow::Answer | Flow::Input => (
                verdict(new_to_old, "existing plugins get"),
                verdict(old_to_new, "existing hosts send"),
            ),
        };
        (guests, hosts) = (guests.or(guest), hosts.or(host));
    }
    (guests, hosts)
}

fn verdict(read: Result<(), String>, who: &str) -> Verdict {
    match read {
        Ok(()) => Verdict::compatible(""),
        Err(what) => Verdict::breaking(format!("{who} {what}")),
    }
}

/// Whether what one side writes into a slot is what the other side reads from it.
fn read(writer: Slot<'_>, reader: Slot<'_>, flow: Flow) -> Result<(), String> {
    let mut reading = Reading {
        writer: writer.model,
        reader: reader.model,
        flow,
        seen: BTreeSet::new(),
    };
    reading.slot(writer, reader)
}

struct Reading<'a> {
    writer: &'a Model,
    reader: &'a Model,
    flow: Flow,
    seen: BTreeSet<(Key<'a>, Key<'a>)>,
}

impl<'a> Reading<'a> {
    fn slot(&mut self, writer: Slot<'a>, reader: Slot<'a>) -> Result<(), String> {
        let insists = !reader.omitted && !reader.ty.is_option() && self.flow == Flow::Answer;
        if writer.omitted && insists && !reader.ty.is_struct() {
            return Err("nothing for an empty value that readers insist on".to_owned());
        }
        let written = match writer.ty {
            // What is left out is never null.
            Type::Option(inner) if writer.omitted => inner,
            written => written,
        };
        self.ty((writer.module, written), (reader.module, reader.ty))
    }

    fn ty(
        &mut self,
        (in_writer, written): (&'a str, &'a Type),
        (in_reader, expected): (&'a str, &'a Type),
    ) -> Result<(), String> {
        let mismatch = || Err(format!("`{written}` instead of `{expected}`"));
        match (written, expected) {
            (Type::Option(written), Type::Option(expected)) => {
                self.ty((in_writer, written), (in_reader, expected))
            }
            // A host takes null for the empty value, but not every kit does.
            (Type::Option(written), _) if self.flow == Flow::ToHost => {
                self.ty((in_writer, written), (in_reader, expected))
            }
            (Type::Option(_), Type::Json) => Ok(()),
            (Type::Option(_), _) => Err(format!("null instead of `{expected}`")),
            (_, Type::Option(expected)) => self.ty((in_writer, written), (in_reader, expected)),
            (_, Type::Json) => Ok(()),
            (Type::List(written), Type::List(expected))
            | (Type::Map(written), Type::Map(expected)) => {
                self.ty((in_writer, written), (in_reader, expected))
            }
            (Type::Scalar(written), Type::Scalar(expected)) if fits(*written, *expected) => Ok(()),
            (Type::Bytes, Type::Bytes) => Ok(()),
            (Type::Bytes, Type::Scalar(Scalar::String)) => {
                Err("base64 text instead of plain text".to_owned())
            }
            (Type::Scalar(Scalar::String), Type::Bytes) => {
                Err("plain text instead of base64 text".to_owned())
            }
            _ => match (
                flows::key(in_writer, written),
                flows::key(in_reader, expected),
            ) {
                // The fields of a struct that both sides have are compared by themselves.
                (Some(written), Some(expected)) if written == expected => Ok(()),
                (Some(written), Some(expected)) => self.structure(written, expected),
                _ => mismatch(),
            },
        }
    }

    /// Two structs of different names pass for each other if their fields do.
    fn structure(&mut self, written: Key<'a>, expected: Key<'a>) -> Result<(), String> {
        if !self.seen.insert((written, expected)) {
            return Ok(());
        }
        let (written_struct, expected_struct) = (
            flows::find(self.writer, written),
            flows::find(self.reader, expected),
        );
        let (Some(from), Some(to)) = (written_struct, expected_struct) else {
            return Err(format!("`{}` instead of `{}`", written.1, expected.1));
        };
        for field in &to.fields {
            let place = |what: String| format!("{what}, in `{}.{}`", to.name, field.name);
            match from.fields.iter().find(|other| other.json == field.json) {
                Some(other) => {
                    let writer = Slot::of(self.writer, written.0, other);
                    let reader = Slot::of(self.reader, expected.0, field);
                    self.slot(writer, reader).map_err(place)?;
                }
                None if needed(field) => {
                    return Err(place(
                        "nothing for a value that readers count on".to_owned(),
                    ));
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// Whether every value of one scalar is one of the other, written alike.
fn fits(written: Scalar, expected: Scalar) -> bool {
    use Scalar::{F32, F64, I32, I64, U32, U64};
    written == expected
        || matches!(
            (written, expected),
            (I32, I64 | F64) | (U32, I64 | U64 | F64) | (F32, F64)
        )
}
