//! Compiling the schema of the settings. One that would take endless time or all of the stack is refused.

use jsonschema::{Draft, ReferencingError, Registry, RegistryBuilder, Validator, uri};
use serde_json::Value as Json;

/// Schemas with more lists and objects inside each other are refused; threads have 2 MiB of stack.
const MAX_DEPTH: usize = 100;
/// Schemas of more parts are refused, each reference counted as all that it stands for.
const MAX_PARTS: usize = 100_000;
/// Parts inside each other that a value may take, over all of its levels.
const MAX_STEPS: usize = 1_000;

/// A schema that values can be checked against.
pub(super) struct Schema {
    pub(super) validator: Validator,
    extent: Extent,
}

/// How far a schema goes with references followed, each as far as to where it has been before.
#[derive(Debug, Default, PartialEq)]
struct Extent {
    parts: usize,
    /// Parts inside each other.
    depth: usize,
    /// Whether it refers to itself, so that it goes as deep as a value does.
    recursive: bool,
}

impl Schema {
    /// Compiles a schema: its draft is the one `$schema` names, else 2020-12; `format` is enforced up to draft-07 only.
    ///
    /// # Errors
    ///
    /// When it is no valid schema of that draft. Stricter than the server, also when it is nested deeper than
    /// [`MAX_DEPTH`], has more than [`MAX_PARTS`] parts, refers to another schema, or applies itself to the very value
    /// it is applied to.
    pub(super) fn compile(schema: &Json) -> Result<Self, String> {
        let draft = match schema.get("$schema").and_then(Json::as_str) {
            None => Draft::Draft202012,
            Some(uri) => known_draft(uri).ok_or_else(|| format!("unknown $schema {uri:?}"))?,
        };
        // First: what follows goes as deep as the schema.
        if depth(schema) > MAX_DEPTH {
            return Err(too_deep());
        }
        let extent = Extent::of(schema, draft)?;
        let formats = matches!(draft, Draft::Draft4 | Draft::Draft6 | Draft::Draft7);
        let validator = jsonschema::options()
            .with_draft(draft)
            .should_validate_formats(formats)
            .offline()
            .build(schema)
            .map_err(|error| error.to_string())?;
        Ok(Self { validator, extent })
    }

    /// Tells whether a value can be checked without running out of stack.
    pub(super) fn reaches(&self, value: &Json) -> bool {
        !self.extent.recursive || self.extent.depth * depth(value) <= MAX_STEPS
    }
}

/// Returns the draft of that name, with either scheme; the name without a version is the newest.
fn known_draft(uri: &str) -> Option<Draft> {
    let name = uri.strip_suffix('#').unwrap_or(uri);
    let name = name
        .strip_prefix("http://")
        .or_else(|| name.strip_prefix("https://"))?;
    match name.strip_prefix("json-schema.org/")? {
        "draft-04/schema" => Some(Draft::Draft4),
        "draft-06/schema" => Some(Draft::Draft6),
        "draft-07/schema" => Some(Draft::Draft7),
        "draft/2019-09/schema" => Some(Draft::Draft201909),
        "draft/2020-12/schema" | "schema" => Some(Draft::Draft202012),
        _ => None,
    }
}

/// A part that is being looked at, to find references to what they are in.
struct Open {
    part: *const Json,
    /// Whether it is applied to the same value as the part around it.
    same_value: bool,
}

impl Extent {
    /// Follows a schema and its references. Takes no more time than [`MAX_PARTS`] parts do, and no stack.
    fn of(schema: &Json, draft: Draft) -> Result<Self, String> {
        let text = |error: ReferencingError| error.to_string();
        let root = draft.create_resource_ref(schema);
        let base = root.id().unwrap_or("json-schema:///");
        let base = uri::from_str(base.trim_end_matches('#')).map_err(text)?;
        let registry = Registry::new().draft(draft).add(base.as_str(), schema);
        let registry = registry.and_then(RegistryBuilder::prepare).map_err(text)?;
        let mut extent = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut waiting = vec![(0, schema, registry.resolver(base), false)];
        while let Some((level, part, resolver, same_value)) = waiting.pop() {
            open.truncate(level);
            if let Some(before) = open.iter().rposition(|open| std::ptr::eq(open.part, part)) {
                if same_value && open[before + 1..].iter().all(|open| open.same_value) {
                    return Err("the schema refers to itself without end".to_owned());
                }
                extent.recursive = true;
                continue;
            }
            open.push(Open { part, same_value });
            extent.parts += 1;
            extent.depth = extent.depth.max(open.len());
            if extent.parts > MAX_PARTS {
                return Err(format!(
                    "the schema has more than {MAX_PARTS} parts with all references followed"
                ));
            }
            if extent.depth > MAX_DEPTH {
                return Err(too_deep());
            }
            for (keyword, value) in part.as_object().into_iter().flatten() {
                let (parts, same_value) = parts(keyword, value);
                for part in parts {
                    let resource = draft.create_resource_ref(part);
                    let resolver = resolver.in_subresource(resource).map_err(text)?;
                    waiting.push((level + 1, part, resolver, same_value));
                }
                let target = match (keyword.as_str(), value.as_str()) {
                    ("$ref" | "$dynamicRef", Some(reference)) => resolver.lookup(reference),
                    ("$recursiveRef", Some(_)) => resolver.lookup_recursive_ref(),
                    _ => continue,
                };
                let (part, resolver, _) = target.map_err(text)?.into_inner();
                waiting.push((level + 1, part, resolver, true));
            }
        }
        Ok(extent)
    }
}

/// Returns the schemas a keyword has, and whether they are applied to the same value as the schema they are in.
///
/// Definitions are not among them: they count where they are referred to. No draft has all of these keywords, and one
/// that has no meaning only adds to the count.
fn parts<'a>(keyword: &str, value: &'a Json) -> (Vec<&'a Json>, bool) {
    let members = || value.as_object().into_iter().flat_map(|map| map.values());
    let items = || value.as_array().into_iter().flatten();
    match keyword {
        "allOf" | "anyOf" | "oneOf" => (items().collect(), true),
        "not" | "if" | "then" | "else" => (vec![value], true),
        "dependencies" | "dependentSchemas" => (members().collect(), true),
        "properties" | "patternProperties" => (members().collect(), false),
        "prefixItems" => (items().collect(), false),
        "items" if value.is_array() => (items().collect(), false),
        "items"
        | "additionalItems"
        | "additionalProperties"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => (vec![value], false),
        _ => (Vec::new(), false),
    }
}

/// Counts the lists and objects inside each other.
fn depth(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(depth).max().unwrap_or_default(),
        Json::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

fn too_deep() -> String {
    format!("the schema is nested deeper than {MAX_DEPTH} levels")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    /// The stack of a thread of the host or of a test.
    const STACK: usize = 2 << 20;

    fn refused(schema: &Json) -> String {
        Schema::compile(schema).err().unwrap_or_default()
    }

    fn extent(schema: &Json) -> Extent {
        Extent::of(schema, Draft::Draft202012).unwrap()
    }

    /// A schema around which another is put a number of times.
    fn nested(times: usize, around: impl Fn(Json) -> Json) -> Json {
        (0..times).fold(json!({"type": "object"}), |inner, _| around(inner))
    }

    /// Definitions that each refer to the next one, twice.
    fn doubling(count: usize, reference: impl Fn(usize) -> String, name: &str) -> Json {
        let definition = |n: usize| {
            let next = json!({"$ref": reference(n + 1)});
            let mut definition = json!({"allOf": [next, next]});
            definition[name] = json!(reference(n).trim_start_matches('#'));
            (format!("a{n}"), definition)
        };
        let mut definitions: serde_json::Map<_, _> = (0..count).map(definition).collect();
        let last = json!({"type": "string", name: reference(count).trim_start_matches('#')});
        definitions.insert(format!("a{count}"), last);
        json!({"$defs": definitions, "$ref": reference(0)})
    }

    #[test]
    fn references_that_multiply_are_refused() {
        let text = "the schema has more than 100000 parts with all references followed";
        for (reference, name) in [
            (
                &(|n: usize| format!("#/$defs/a{n}")) as &dyn Fn(usize) -> String,
                "title",
            ),
            (&|n| format!("#a{n}"), "$anchor"),
            (&|n| format!("#a{n}"), "$dynamicAnchor"),
            (&|n| format!("https://example.org/a{n}"), "$id"),
            (&|n| format!("a{n}"), "$id"),
        ] {
            assert_eq!(refused(&doubling(40, reference, name)), text, "{name}");
            assert_eq!(refused(&doubling(8, reference, name)), "", "{name}");
        }
    }

    #[test]
    fn a_schema_may_refer_to_itself_for_values_inside_the_value() {
        let tree = json!({
            "$defs": {"node": {
                "properties": {"children": {"items": {"$ref": "#/$defs/node"}}},
                "additionalProperties": {"$ref": "#"},
                "required": ["children"],
            }},
            "$ref": "#/$defs/node",
        });
        let expected = Extent {
            parts: 5,
            depth: 4,
            recursive: true,
        };
        assert_eq!(extent(&tree), expected);
        let errors = |value: Json| {
            Schema::compile(&tree)
                .unwrap()
                .validator
                .iter_errors(&value)
                .count()
        };
        assert_eq!(errors(json!({"children": [{"children": []}, {}]})), 1);
    }

    #[test]
    fn a_schema_that_refers_to_itself_for_the_same_value_is_refused() {
        let every = |n: usize| {
            let all: Vec<_> = (0..n)
                .map(|n| json!({"$ref": format!("#/$defs/a{n}")}))
                .collect();
            let all = json!({"allOf": all, "type": "string"});
            let definitions: serde_json::Map<_, _> =
                (0..n).map(|n| (format!("a{n}"), all.clone())).collect();
            json!({"$defs": definitions, "$ref": "#/$defs/a0"})
        };
        for schema in [
            json!({"$ref": "#"}),
            json!({"anyOf": [{"not": {"$ref": "#"}}]}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "properties": {"a": {"$ref": "#/$defs/a"}}}),
            every(12),
        ] {
            assert_eq!(refused(&schema), "the schema refers to itself without end");
        }
    }

    #[test]
    fn deep_schemas_are_refused_before_they_take_the_stack() {
        let run = || {
            let text = too_deep();
            for around in [
                (|inner| json!({"not": inner})) as fn(Json) -> Json,
                |inner| json!({"items": inner}),
                |inner| json!({"unevaluatedProperties": inner}),
                |inner| json!({"$defs": {"a": inner}}),
                |inner| json!({"anyOf": [inner, {"type": "string"}]}),
            ] {
                assert_eq!(refused(&nested(490, around)), text);
                let around: fn(Json) -> Json = around;
                assert_eq!(refused(&nested(MAX_DEPTH / 2 - 1, around)), "");
            }
            let chain = |count: usize| {
                let link = |n: usize| {
                    (
                        format!("a{n}"),
                        json!({"$ref": format!("#/$defs/a{}", n + 1)}),
                    )
                };
                let mut links: serde_json::Map<_, _> = (0..count).map(link).collect();
                links.insert(format!("a{count}"), json!({"type": "string"}));
                json!({"$defs": links, "$ref": "#/$defs/a0"})
            };
            assert_eq!(refused(&chain(MAX_DEPTH - 2)), "");
            assert_eq!(refused(&chain(20_000)), text);
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
        thread.unwrap().join().unwrap();
    }

    #[test]
    fn deep_values_are_only_for_schemas_that_can_take_them() {
        let run = || {
            let value = |levels: usize| (0..levels).fold(json!({}), |inner, _| json!({"a": inner}));
            let inner = nested(40, |inner| json!({"anyOf": [inner]}));
            let plain = json!({"properties": {"b": inner}});
            let plain = Schema::compile(&plain).unwrap();
            assert!(plain.reaches(&value(490)) && plain.validator.is_valid(&value(490)));
            let mut itself = json!({"$ref": "#"});
            for _ in 0..40 {
                itself = json!({"anyOf": [itself]});
            }
            let itself = json!({"additionalProperties": itself, "type": "object"});
            let itself = Schema::compile(&itself).unwrap();
            assert!(!itself.reaches(&value(490)) && itself.reaches(&value(20)));
            assert_eq!(itself.validator.iter_errors(&value(20)).count(), 0);
        };
        let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
        thread.unwrap().join().unwrap();
    }
}
