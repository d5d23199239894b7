//! Whether one side can read what the other writes by another definition.

use super::flows::{self, Flow, Key, Structs};
use super::presence::is_found;
use super::{Verdict, Verdicts};
use crate::model::{Field, Scalar, Type};
use std::collections::{BTreeMap, BTreeSet};

/// How long the way to a mismatch may grow, in bytes.
const LONGEST: usize = 400;

/// A place in a document for a value, as one side defines it.
#[derive(Clone, Copy)]
pub(super) struct Slot<'a> {
    /// The structs of the side.
    pub structs: &'a Structs<'a>,
    /// The module in which the type is written.
    pub module: &'a str,
    /// The type.
    pub ty: &'a Type,
    /// Whether writers leave it out when it is empty.
    pub omitted: bool,
    /// Whether strict readers insist on it.
    pub insists: bool,
}

impl<'a> Slot<'a> {
    /// The slot of a struct's field.
    pub fn of(structs: &'a Structs<'a>, module: &'a str, field: &'a Field) -> Self {
        Self {
            structs,
            module,
            ty: &field.ty,
            omitted: omitted(field),
            insists: needed(field),
        }
    }

    /// The slot of a parameter, of a result or of a whole document; results are left out when empty, and every reader
    /// knows that.
    pub fn whole(structs: &'a Structs<'a>, module: &'a str, ty: &'a Type) -> Self {
        Self {
            structs,
            module,
            ty,
            omitted: true,
            insists: false,
        }
    }

    /// The slot of something that is never left out.
    pub fn written(self) -> Self {
        Self {
            omitted: false,
            ..self
        }
    }
}

/// Whether a field is ever left out: a struct is never empty.
pub(super) fn omitted(field: &Field) -> bool {
    field.omit_empty && !field.ty.is_struct()
}

/// Whether readers may insist on a field: nothing says that it may be left out, and it is not null.
pub(super) fn needed(field: &Field) -> bool {
    !field.omit_empty && !field.ty.is_option()
}

/// A question about two structs: whether the writer is of the old side, the way, what is written, what is expected.
type Question<'a> = (bool, Flow, Key<'a>, Key<'a>);

/// The answers that were found so far.
pub(super) type Known<'a> = BTreeMap<Question<'a>, Result<(), String>>;

/// Judges a slot that both sides have, going these ways.
pub(super) fn judge<'a>(
    old: Slot<'a>,
    new: Slot<'a>,
    flows: &[Flow],
    known: &mut Known<'a>,
) -> Verdicts {
    let mut verdicts = super::harmless();
    for &flow in flows {
        let old_to_new = read(old, new, (true, flow), known);
        let new_to_old = read(new, old, (false, flow), known);
        let found = match flow {
            Flow::ToHost => (
                verdict(old_to_new, "existing plugins send"),
                verdict(new_to_old, "existing hosts get"),
            ),
            Flow::Answer | Flow::Input => (
                verdict(new_to_old, "existing plugins get"),
                verdict(old_to_new, "existing hosts send"),
            ),
        };
        verdicts = super::worse(verdicts, found);
    }
    verdicts
}

fn verdict(read: Result<(), String>, who: &str) -> Verdict {
    match read {
        Ok(()) => Verdict::compatible(""),
        Err(what) => Verdict::breaking(format!("{who} {what}")),
    }
}

/// Whether what one side writes into a slot is what the other side reads from it.
fn read<'a>(
    writer: Slot<'a>,
    reader: Slot<'a>,
    (from_old, flow): (bool, Flow),
    known: &mut Known<'a>,
) -> Result<(), String> {
    let mut reading = Reading {
        writer: writer.structs,
        reader: reader.structs,
        from_old,
        flow,
        pairs: Vec::new(),
        seen: BTreeSet::new(),
        holder: None,
        known,
    };
    let mut answer = reading.slot(writer, reader);
    let mut at = 0;
    while answer.is_ok() && at < reading.pairs.len() {
        answer = reading.pair(at);
        at += 1;
    }
    if answer.is_ok() {
        // Each of these was taken for sound, and nothing spoke against it.
        for pair in reading.pairs {
            let question = (from_old, flow, pair.written, pair.expected);
            known.insert(question, Ok(()));
        }
    }
    answer
}

/// Two structs of different names that have to pass for each other.
struct Pair<'a> {
    written: Key<'a>,
    expected: Key<'a>,
    /// The pair in whose fields this one was met, and the field.
    holder: Option<(usize, &'a str)>,
}

struct Reading<'a, 'k> {
    writer: &'a Structs<'a>,
    reader: &'a Structs<'a>,
    from_old: bool,
    flow: Flow,
    /// The pairs that were met; a list of them, since definitions may be as deep as they are long.
    pairs: Vec<Pair<'a>>,
    seen: BTreeSet<(Key<'a>, Key<'a>)>,
    /// Where the next pair is met.
    holder: Option<(usize, &'a str)>,
    known: &'k mut Known<'a>,
}

impl<'a> Reading<'a, '_> {
    fn slot(&mut self, writer: Slot<'a>, reader: Slot<'a>) -> Result<(), String> {
        if writer.omitted && reader.insists && self.flow == Flow::Answer {
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
                (Some(key), None) => match (expected, self.writer.get(&key)) {
                    // A map has a place for whatever fields there are.
                    (Type::Map(expected), Some(item)) => item.fields.iter().try_for_each(|field| {
                        let read = self.ty((key.0, &field.ty), (in_reader, expected));
                        read.map_err(|what| format!("{what}, in `{}.{}`", item.name, field.name))
                    }),
                    _ => mismatch(),
                },
                _ => mismatch(),
            },
        }
    }

    /// Two structs of different names pass for each other if their fields do, which is found out later.
    fn structure(&mut self, written: Key<'a>, expected: Key<'a>) -> Result<(), String> {
        let question = (self.from_old, self.flow, written, expected);
        if let Some(known) = self.known.get(&question) {
            return known.clone();
        }
        if self.seen.insert((written, expected)) {
            self.pairs.push(Pair {
                written,
                expected,
                holder: self.holder,
            });
        }
        Ok(())
    }

    /// Reads the fields of a pair; what is wrong with them is wrong with all that hold it.
    fn pair(&mut self, at: usize) -> Result<(), String> {
        let mut answer = self.fields(at);
        let mut holder = Some(at);
        while let (Err(what), Some(at)) = (&mut answer, holder) {
            let pair = &self.pairs[at];
            let question = (self.from_old, self.flow, pair.written, pair.expected);
            self.known.insert(question, Err(what.clone()));
            holder = pair.holder.map(|(at, field)| {
                if what.len() < LONGEST {
                    *what += &format!(", in `{}.{field}`", self.pairs[at].expected.1);
                }
                at
            });
        }
        answer
    }

    fn fields(&mut self, at: usize) -> Result<(), String> {
        let Pair {
            written, expected, ..
        } = self.pairs[at];
        let found = (self.writer.get(&written), self.reader.get(&expected));
        let (Some(from), Some(to)) = found else {
            return Err(format!("`{}` instead of `{}`", written.1, expected.1));
        };
        for field in &to.fields {
            let place = |what: String| format!("{what}, in `{}.{}`", to.name, field.name);
            let exact = from.fields.iter().find(|other| other.json == field.json);
            let found = exact.or_else(|| {
                let mut others = from.fields.iter();
                others.find(|other| is_found(&other.json, &field.json, self.flow))
            });
            match found {
                Some(other) => {
                    let writer = Slot::of(self.writer, written.0, other);
                    let reader = Slot::of(self.reader, expected.0, field);
                    self.holder = Some((at, &field.name));
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
