//! The declarations of one Go file: types with their fields, interfaces with their methods, constants, imports.

use super::annotation::{self, Annotation};
use super::comments::{Comments, Group};
use super::text::{GoText, children, fields, parse};
use super::types::{self, GoType};
use crate::diagnostic::{Diagnostics, Kind, Place};
use crate::syntax::Spanned;
use tree_sitter::Node;

/// What a Go file declares.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GoFile {
    /// The file as shown to people.
    pub path: String,
    /// The package's name.
    pub package: Spanned<String>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// The types, interfaces included, in order.
    pub types: Vec<TypeDecl>,
    /// The blocks of constants, in order.
    pub constants: Vec<ConstBlock>,
    /// Comments that mention annotations but document nothing.
    pub loose: Vec<Group>,
}

/// An import.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Import {
    /// The name given to it, such as `.`; none for the package's own.
    pub alias: Option<String>,
    /// The path.
    pub path: String,
}

/// A documentation comment with its annotations.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Doc {
    /// The text for people.
    pub text: String,
    /// The annotations.
    pub annotations: Vec<Annotation>,
    /// The last line of the comment, counted from the top; for the old generator's rule.
    pub last_line: usize,
}

/// The declaration of a type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TypeDecl {
    /// Its name.
    pub name: Spanned<String>,
    /// Its documentation.
    pub doc: Doc,
    /// Whether it is an alias, written with `=`.
    pub alias: bool,
    /// Whether it has type parameters.
    pub generic: bool,
    /// What it stands for.
    pub body: Body,
}

/// What a declared type stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Body {
    /// A struct with its fields.
    Struct(Vec<Field>),
    /// An interface.
    Interface(Interface),
    /// Another type.
    Type(GoType),
}

/// The members of an interface.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Interface {
    /// The methods, in order.
    pub methods: Vec<Method>,
    /// What it embeds.
    pub embedded: Vec<Place>,
}

/// A field of a struct, or several of one type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    /// The names; none for an embedded field.
    pub names: Vec<Spanned<String>>,
    /// The type.
    pub ty: GoType,
    /// The tag, without quotes.
    pub tag: Option<Spanned<String>>,
    /// The documentation.
    pub docs: String,
}

/// A method of an interface.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Method {
    /// Its name.
    pub name: Spanned<String>,
    /// Its documentation.
    pub doc: Doc,
    /// The parameters.
    pub params: Vec<Values>,
    /// The results.
    pub results: Vec<Values>,
}

/// Parameters or results of one type.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Values {
    /// The names; none if unnamed.
    pub names: Vec<Spanned<String>>,
    /// The type.
    pub ty: GoType,
    /// Where it is.
    pub place: Place,
    /// Whether it is `...T`.
    pub variadic: bool,
}

/// A `const` declaration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConstBlock {
    /// The constants, in order.
    pub constants: Vec<ConstSpec>,
}

/// One line of a `const` declaration.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ConstSpec {
    /// The names.
    pub names: Vec<Spanned<String>>,
    /// The type, if written.
    pub ty: Option<GoType>,
    /// The values, evaluated for this line; none if the line repeats the one before or is no literal.
    pub values: Vec<super::constants::Value>,
    /// Where the values are.
    pub place: Place,
    /// The documentation.
    pub docs: String,
}

/// Reads a file; one that is no Go is reported.
pub(super) fn read(path: &str, text: &str, diagnostics: &mut Diagnostics) -> Option<GoFile> {
    let text = GoText::new(path, text);
    let tree = parse(&text, diagnostics)?;
    let mut reader = Reader {
        comments: Comments::collect(&text, &tree),
        text: &text,
        diagnostics,
    };
    let mut file = GoFile {
        path: path.to_owned(),
        package: Spanned {
            value: String::new(),
            place: Place::start_of(path),
        },
        imports: Vec::new(),
        types: Vec::new(),
        constants: Vec::new(),
        loose: Vec::new(),
    };
    for (at, node) in children(tree.root_node()).into_iter().enumerate() {
        if (at == 0) != (node.kind() == "package_clause") {
            reader.misplaced(node, at == 0);
            return None;
        }
        reader.item(node, &mut file)?;
    }
    if file.package.value.is_empty() {
        let place = Place::start_of(path);
        let message = format!("parsing {path}: the package clause is missing");
        diagnostics.report(&place, Kind::Syntax, message, "begin with `package name`");
        return None;
    }
    let left_over = reader.comments.left_over();
    file.loose = left_over
        .filter(|group| annotation::mentions(group))
        .cloned()
        .collect();
    Some(file)
}

struct Reader<'a, 't, 'd> {
    text: &'a GoText<'t>,
    comments: Comments,
    diagnostics: &'d mut Diagnostics,
}

impl Reader<'_, '_, '_> {
    fn misplaced(&mut self, node: Node<'_>, first: bool) {
        let (what, hint) = if first {
            ("the package clause is missing", "begin with `package name`")
        } else {
            (
                "a second package clause",
                "a file belongs to one package; split it",
            )
        };
        let message = format!("parsing {}: {what}", self.text.path);
        let place = self.text.place(node);
        self.diagnostics.report(&place, Kind::Syntax, message, hint);
    }

    /// Reads a declaration; none for what may not stand outside a function.
    fn item(&mut self, node: Node<'_>, file: &mut GoFile) -> Option<()> {
        match node.kind() {
            "package_clause" => {
                if let Some(name) = children(node).first() {
                    file.package = self.name(*name);
                }
                self.refuse(node, "stands above the package clause");
            }
            "import_declaration" => {
                self.imports(node, file);
                self.refuse(node, "stands above an import");
            }
            "type_declaration" => self.types(node, file),
            "const_declaration" => self.constants(node, file),
            "function_declaration" | "method_declaration" => {
                self.refuse(node, "stands above a function with a body");
            }
            "var_declaration" => self.refuse(node, "stands above a variable"),
            "empty_statement" => {}
            _ => {
                let message = format!("parsing {}: a statement outside a function", self.text.path);
                let place = self.text.place(node);
                let hint = "look for a bracket too many before this line";
                self.diagnostics.report(&place, Kind::Syntax, message, hint);
                return None;
            }
        }
        Some(())
    }

    fn imports(&mut self, node: Node<'_>, file: &mut GoFile) {
        let mut specs = Vec::new();
        for child in children(node) {
            match child.kind() {
                "import_spec" => specs.push(child),
                _ => specs.extend(children(child)),
            }
        }
        for spec in specs {
            let written = |field: &str| fields(spec, field).first().map(|node| self.text.of(*node));
            file.imports.push(Import {
                alias: written("name").map(str::to_owned),
                path: written("path")
                    .unwrap_or_default()
                    .trim_matches(['"', '`'])
                    .to_owned(),
            });
        }
    }

    /// The comment of a declaration, with its annotations.
    fn doc(&mut self, node: Node<'_>) -> Option<Doc> {
        let group = self.comments.before(self.text, node)?;
        Some(Doc {
            text: group.docs(),
            annotations: annotation::read(&group, self.diagnostics),
            last_line: group.lines.last().map_or(0, |line| line.place.line),
        })
    }

    /// The comment of something that takes no annotations.
    fn plain_docs(&mut self, node: Node<'_>, message: &str) -> String {
        let Some(group) = self.comments.before(self.text, node) else {
            return String::new();
        };
        let hint = "it belongs on an interface or a method of one, and counts for nothing here";
        annotation::reject(&group, message, hint, self.diagnostics);
        group.docs()
    }

    fn refuse(&mut self, node: Node<'_>, message: &str) {
        self.plain_docs(node, message);
    }

    fn types(&mut self, node: Node<'_>, file: &mut GoFile) {
        let specs = children(node);
        let mut cursor = node.walk();
        let grouped = node.children(&mut cursor).any(|child| child.kind() == "(");
        let outer = self.doc(node);
        for spec in specs {
            let own = if grouped { self.doc(spec) } else { None };
            let doc = own.or_else(|| outer.clone()).unwrap_or_default();
            file.types.extend(self.type_spec(spec, doc));
        }
    }

    fn type_spec(&mut self, spec: Node<'_>, doc: Doc) -> Option<TypeDecl> {
        let name = self.name(fields(spec, "name").into_iter().next()?);
        let ty = fields(spec, "type").into_iter().next()?;
        let body = match ty.kind() {
            "struct_type" => Body::Struct(self.fields(ty)),
            "interface_type" => Body::Interface(self.interface(ty)),
            _ => Body::Type(types::read(self.text, ty)),
        };
        Some(TypeDecl {
            name,
            doc,
            alias: spec.kind() == "type_alias",
            generic: !fields(spec, "type_parameters").is_empty(),
            body,
        })
    }

    fn name(&self, node: Node<'_>) -> Spanned<String> {
        Spanned {
            value: self.text.of(node).to_owned(),
            place: self.text.place(node),
        }
    }

    fn fields(&mut self, ty: Node<'_>) -> Vec<Field> {
        let lists = children(ty);
        let declarations = lists.into_iter().flat_map(children);
        let mut found = Vec::new();
        for node in declarations.filter(|node| node.kind() == "field_declaration") {
            let docs = self.plain_docs(node, "stands above a field");
            let names = fields(node, "name");
            let tag = fields(node, "tag").into_iter().next();
            let Some(ty) = fields(node, "type").into_iter().next() else {
                continue;
            };
            found.push(Field {
                names: names.into_iter().map(|name| self.name(name)).collect(),
                ty: types::read(self.text, ty),
                tag: tag.map(|tag| Spanned {
                    value: unquoted(self.text.of(tag)),
                    place: self.text.place(tag),
                }),
                docs,
            });
        }
        found
    }

    fn interface(&mut self, ty: Node<'_>) -> Interface {
        let mut interface = Interface {
            methods: Vec::new(),
            embedded: Vec::new(),
        };
        for node in children(ty) {
            if node.kind() != "method_elem" {
                self.refuse(node, "stands above an embedded interface");
                interface.embedded.push(self.text.place(node));
                continue;
            }
            let Some(name) = fields(node, "name").into_iter().next() else {
                continue;
            };
            let params = fields(node, "parameters").into_iter().next();
            let result = fields(node, "result").into_iter().next();
            interface.methods.push(Method {
                name: self.name(name),
                doc: self.doc(node).unwrap_or_default(),
                params: params.map(|list| self.values(list)).unwrap_or_default(),
                results: result.map(|list| self.values(list)).unwrap_or_default(),
            });
        }
        interface
    }

    /// Reads a list in parentheses, or a single result.
    fn values(&mut self, list: Node<'_>) -> Vec<Values> {
        if list.kind() != "parameter_list" {
            return vec![Values {
                names: Vec::new(),
                ty: types::read(self.text, list),
                place: self.text.place(list),
                variadic: false,
            }];
        }
        let mut found = Vec::new();
        for node in children(list) {
            let Some(ty) = fields(node, "type").into_iter().next() else {
                continue;
            };
            let names = fields(node, "name").into_iter();
            found.push(Values {
                names: names.map(|name| self.name(name)).collect(),
                ty: types::read(self.text, ty),
                place: self.text.place(node),
                variadic: node.kind() == "variadic_parameter_declaration",
            });
        }
        let named = |values: &&Values| !values.names.is_empty();
        if let Some(first) = found.iter().find(|values| !named(values))
            && found.iter().any(|values| named(&values))
        {
            let message = format!(
                "parsing {}: mixed named and unnamed parameters",
                self.text.path
            );
            let hint = "name all of them or none";
            self.diagnostics
                .report(&first.place, Kind::Syntax, message, hint);
            // What else there is to say about them would only repeat it.
            return Vec::new();
        }
        found
    }

    fn constants(&mut self, node: Node<'_>, file: &mut GoFile) {
        let specs = children(node);
        let message = "stands above a constant";
        let outer = self.plain_docs(node, message);
        let single = specs.len() == 1;
        let mut block = ConstBlock {
            constants: Vec::new(),
        };
        let mut repeated: Option<Node<'_>> = None;
        for (iota, spec) in specs.into_iter().enumerate() {
            let own = self.plain_docs(spec, message);
            let docs = match own.is_empty() {
                true if single && !outer.is_empty() => outer.clone(),
                // As upstream has it, for constants only.
                true => self.comments.behind(self.text, spec),
                false => own,
            };
            let value = fields(spec, "value").into_iter().next();
            repeated = value.or(repeated);
            let names = fields(spec, "name").into_iter();
            let ty = fields(spec, "type").into_iter().next();
            block.constants.push(ConstSpec {
                names: names.map(|name| self.name(name)).collect(),
                ty: ty.map(|ty| types::read(self.text, ty)),
                values: repeated.map_or_else(Vec::new, |list| {
                    super::constants::evaluate(self.text, list, iota)
                }),
                place: self.text.place(value.unwrap_or(spec)),
                docs,
            });
        }
        file.constants.push(block);
    }
}

/// The text of a Go string literal.
pub(super) fn unquoted(literal: &str) -> String {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.strip_suffix('`').unwrap_or(raw).replace('\r', "");
    }
    let inner = literal.strip_prefix('"').unwrap_or(literal);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    super::constants::unescaped(inner).unwrap_or_else(|| inner.to_owned())
}
