//! The globals and the functions of `Lit.Actions` that JavaScript uses.

use std::collections::{BTreeMap, HashSet};

use tree_sitter::{Node, Parser, Tree};

/// Names, each with the line of its first use.
pub(crate) type Lines = BTreeMap<String, usize>;

/// What a script uses.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Uses {
    /// Globals, parameters of the action included. An operand of `typeof` does not count: it is how programs look for a global.
    pub(crate) globals: Lines,
    /// Functions of `Lit.Actions`.
    pub(crate) actions: Lines,
    /// Globals that the script sets itself.
    pub(crate) assigned: HashSet<String>,
}

/// Why a script cannot be read, and the line.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("line {0}: not JavaScript")]
    Syntax(usize),
    #[error("line {0}: nested more than {MAX_DEPTH} levels deep")]
    TooDeep(usize),
    #[error("the parser does not start")]
    Parser,
}

/// How deep the syntax tree may be, since it is walked by recursion.
const MAX_DEPTH: usize = 500;

impl Uses {
    pub(crate) fn of(code: &str) -> Result<Self, Unreadable> {
        let mut parser = Parser::new();
        let language = tree_sitter_javascript::LANGUAGE.into();
        let ready = parser.set_language(&language).ok();
        let tree = ready.and_then(|()| parser.parse(code, None));
        let tree = tree.ok_or(Unreadable::Parser)?;
        if let Some(deep) = too_deep(&tree) {
            return Err(Unreadable::TooDeep(deep));
        }
        if let Some(malformed) = first_error(tree.root_node()) {
            return Err(Unreadable::Syntax(line(malformed)));
        }
        let mut walk = Walk {
            code,
            scopes: Vec::new(),
            aliases: HashSet::new(),
            uses: Self::default(),
        };
        walk.visit(tree.root_node());
        Ok(walk.uses)
    }
}

/// The line of the first node that is nested too deeply.
fn too_deep(tree: &Tree) -> Option<usize> {
    let mut cursor = tree.walk();
    let mut depth = 0;
    loop {
        if cursor.goto_first_child() {
            depth += 1;
            if depth > MAX_DEPTH {
                return Some(line(cursor.node()));
            }
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
            depth -= 1;
        }
    }
}

fn first_error(node: Node<'_>) -> Option<Node<'_>> {
    if node.is_error() || node.is_missing() {
        return Some(node);
    }
    if !node.has_error() {
        return None;
    }
    children(node).find_map(first_error)
}

fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

fn children(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    (0..node.named_child_count()).filter_map(move |at| node.named_child(at))
}

struct Walk<'a> {
    code: &'a str,
    /// The names that each enclosing scope declares, innermost last.
    scopes: Vec<HashSet<&'a str>>,
    /// Variables that hold `Lit.Actions`.
    aliases: HashSet<&'a str>,
    uses: Uses,
}

impl<'a> Walk<'a> {
    fn text(&self, node: Node<'_>) -> &'a str {
        self.code.get(node.byte_range()).unwrap_or_default()
    }

    fn visit(&mut self, node: Node<'_>) {
        let mut names = HashSet::new();
        self.declare_in(node, &mut names);
        self.scopes.push(names);
        match node.kind() {
            // Scripts cannot import, and exported names are not variables.
            "import_statement" => {}
            "identifier" | "shorthand_property_identifier" => {
                let name = self.text(node);
                self.global(name, node);
            }
            "unary_expression" if self.is_typeof_name(node) => {}
            _ => {
                self.note(node);
                children(node).for_each(|child| self.visit(child));
            }
        }
        self.scopes.pop();
    }

    fn global(&mut self, name: &str, node: Node<'_>) {
        // Every function has its `arguments`.
        if !self.is_declared(name) && name != "arguments" {
            let first = self.uses.globals.entry(name.to_owned());
            first.or_insert_with(|| line(node));
        }
    }

    fn is_declared(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.contains(name))
    }

    fn is_typeof_name(&self, node: Node<'_>) -> bool {
        let field = |name| node.child_by_field_name(name);
        field("operator").is_some_and(|operator| self.text(operator) == "typeof")
            && field("argument").is_some_and(|operand| operand.kind() == "identifier")
    }

    /// Notes what an expression says besides the names in it.
    fn note(&mut self, node: Node<'_>) {
        match node.kind() {
            "assignment_expression" | "augmented_assignment_expression" => {
                let Some(target) = node.child_by_field_name("left") else {
                    return;
                };
                let name = match self.member(target) {
                    Some((object, name)) if self.is_global_object(object) => name,
                    None if target.kind() == "identifier" => self.text(target),
                    _ => return,
                };
                if !self.is_declared(name) {
                    self.uses.assigned.insert(name.to_owned());
                }
            }
            "member_expression" | "subscript_expression" => {
                let Some((object, name)) = self.member(node) else {
                    return;
                };
                if self.is_actions(object) {
                    self.action(name, node);
                } else if self.is_global_object(object) {
                    let first = self.uses.globals.entry(name.to_owned());
                    first.or_insert_with(|| line(node));
                }
            }
            "variable_declarator" => self.note_variable(node),
            _ => {}
        }
    }

    /// `const actions = Lit.Actions`, `const { Actions } = Lit`, `const { signEcdsa } = Lit.Actions`.
    fn note_variable(&mut self, node: Node<'_>) {
        let field = |name| node.child_by_field_name(name);
        let (Some(pattern), Some(value)) = (field("name"), field("value")) else {
            return;
        };
        let (of_actions, of_lit) = (self.is_actions(value), self.text(value) == "Lit");
        if pattern.kind() == "identifier" && of_actions {
            self.aliases.insert(self.text(pattern));
        }
        if pattern.kind() != "object_pattern" || !(of_actions || of_lit) {
            return;
        }
        for member in children(pattern) {
            let (key, target) = match member.kind() {
                "pair_pattern" => (
                    member.child_by_field_name("key"),
                    member.child_by_field_name("value"),
                ),
                "object_assignment_pattern" => {
                    let left = member.child_by_field_name("left");
                    (left, left)
                }
                _ => (Some(member), Some(member)),
            };
            let (Some(key), Some(target)) = (key, target) else {
                continue;
            };
            if of_actions && member.kind() != "rest_pattern" {
                self.action(self.text(key), key);
            } else if of_lit && self.text(key) == "Actions" {
                self.aliases.insert(self.text(target));
            }
        }
    }

    fn action(&mut self, name: &str, node: Node<'_>) {
        let first = self.uses.actions.entry(name.to_owned());
        first.or_insert_with(|| line(node));
    }

    /// The object and the name of a member, where the name is written out.
    fn member<'t>(&self, node: Node<'t>) -> Option<(Node<'t>, &'a str)> {
        let object = node.child_by_field_name("object")?;
        if let Some(name) = node.child_by_field_name("property") {
            return (name.kind() == "property_identifier").then(|| (object, self.text(name)));
        }
        let index = node.child_by_field_name("index")?;
        let name = self.text(index).trim_matches(['"', '\'']);
        (index.kind() == "string").then_some((object, name))
    }

    fn is_actions(&self, node: Node<'_>) -> bool {
        match self.member(node) {
            Some((object, "Actions")) => self.text(object) == "Lit",
            Some((object, "LitActions")) => self.is_global_object(object),
            Some(_) => false,
            None => {
                let name = self.text(node);
                name == "LitActions" || self.aliases.contains(name)
            }
        }
    }

    fn is_global_object(&self, node: Node<'_>) -> bool {
        let name = self.text(node);
        matches!(name, "globalThis" | "global" | "self") && !self.is_declared(name)
    }

    /// Adds the names that a node declares for what is in it.
    fn declare_in(&self, node: Node<'_>, names: &mut HashSet<&'a str>) {
        let field = |name| node.child_by_field_name(name);
        match node.kind() {
            "program" => {
                self.declare_statements(node, names);
                self.declare_vars(node, names);
            }
            "statement_block" => self.declare_statements(node, names),
            "switch_body" => children(node).for_each(|case| self.declare_statements(case, names)),
            "for_statement" => {
                if let Some(first) = field("initializer") {
                    self.declare_statement(first, names);
                }
            }
            "for_in_statement" => {
                if let (Some(_), Some(pattern)) = (field("kind"), field("left")) {
                    self.declare_pattern(pattern, names);
                }
            }
            "catch_clause" => {
                if let Some(pattern) = field("parameter") {
                    self.declare_pattern(pattern, names);
                }
            }
            "class" => names.extend(field("name").map(|name| self.text(name))),
            kind if is_function(kind) => {
                names.extend(field("name").map(|name| self.text(name)));
                if let Some(parameter) = field("parameter") {
                    self.declare_pattern(parameter, names);
                }
                if let Some(parameters) = field("parameters") {
                    children(parameters).for_each(|pattern| self.declare_pattern(pattern, names));
                }
                if let Some(body) = field("body") {
                    self.declare_vars(body, names);
                }
            }
            _ => {}
        }
    }

    fn declare_statements(&self, block: Node<'_>, names: &mut HashSet<&'a str>) {
        children(block).for_each(|statement| self.declare_statement(statement, names));
    }

    /// The names of a statement in the block that it is in.
    fn declare_statement(&self, statement: Node<'_>, names: &mut HashSet<&'a str>) {
        match statement.kind() {
            "lexical_declaration" | "variable_declaration" => {
                let declared = children(statement)
                    .filter_map(|declarator| declarator.child_by_field_name("name"));
                declared.for_each(|pattern| self.declare_pattern(pattern, names));
            }
            "function_declaration" | "generator_function_declaration" | "class_declaration" => {
                names.extend(
                    statement
                        .child_by_field_name("name")
                        .map(|name| self.text(name)),
                );
            }
            "import_statement" => self.declare_imports(statement, names),
            _ => {}
        }
    }

    fn declare_imports(&self, node: Node<'_>, names: &mut HashSet<&'a str>) {
        if node.kind() == "identifier" {
            names.insert(self.text(node));
        }
        children(node).for_each(|child| self.declare_imports(child, names));
    }

    /// The names of `var` below a node, outside of inner functions.
    fn declare_vars(&self, node: Node<'_>, names: &mut HashSet<&'a str>) {
        for child in children(node) {
            if is_function(child.kind()) {
                continue;
            }
            if child.kind() == "variable_declaration" {
                self.declare_statement(child, names);
            }
            self.declare_vars(child, names);
        }
    }

    fn declare_pattern(&self, pattern: Node<'_>, names: &mut HashSet<&'a str>) {
        let field = |name| pattern.child_by_field_name(name);
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                names.insert(self.text(pattern));
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                if let Some(target) = field("left") {
                    self.declare_pattern(target, names);
                }
            }
            "pair_pattern" => {
                if let Some(target) = field("value") {
                    self.declare_pattern(target, names);
                }
            }
            "object_pattern" | "array_pattern" | "rest_pattern" => {
                children(pattern).for_each(|inner| self.declare_pattern(inner, names));
            }
            _ => {}
        }
    }
}

fn is_function(kind: &str) -> bool {
    matches!(
        kind,
        "function_declaration"
            | "function_expression"
            | "generator_function_declaration"
            | "generator_function"
            | "arrow_function"
            | "method_definition"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(lines: &Lines) -> Vec<&str> {
        lines.keys().map(String::as_str).collect()
    }

    #[test]
    fn globals_are_names_that_no_scope_declares() {
        for (code, expected) in [
            ("fetch(url)", &["fetch", "url"][..]),
            ("const url = 1; fetch(url)", &["fetch"]),
            ("{ let a = 1; a } a", &["a"]),
            ("if (x) { var a = 1 } a", &["x"]),
            (
                "(function f(a, { b, c: [d] }, e = g, ...h) { return f + a + b + d + e + h + c + arguments })()",
                &["c", "g"],
            ),
            ("const f = a => a; const g = ({ a }) => ({ a, b })", &["b"]),
            ("try { a() } catch ({ message }) { message }", &["a"]),
            (
                "for (const a of b) a; for (let i = 0; i < n; i++) i; for (c in d) c",
                &["b", "c", "d", "n"],
            ),
            (
                "class A extends B { m() { return A } static x = y } new A()",
                &["B", "y"],
            ),
            (
                "o.fetch; ({ fetch: 1, [k]: 2 }); label: for (;;) break label",
                &["k", "o"],
            ),
            ("typeof Deno !== 'undefined' && typeof Deno.env", &["Deno"]),
            ("switch (a) { case b: let c = 1; default: c }", &["a", "b"]),
            (
                "globalThis.Deno; self['Buffer']; global?.x; undefined",
                &["Buffer", "Deno", "global", "globalThis", "self", "x"],
            ),
            ("`${a}`; tag`x`; a ??= await import('y')", &["a", "tag"]),
        ] {
            assert_eq!(names(&Uses::of(code).unwrap().globals), expected, "{code}");
        }
        let uses = Uses::of("\n\nlater = 1; globalThis.more = later;\nlater").unwrap();
        assert_eq!(uses.globals["later"], 3);
        assert_eq!(
            uses.assigned,
            HashSet::from(["later".to_owned(), "more".to_owned()])
        );
    }

    #[test]
    fn functions_of_lit_are_found_by_all_their_names() {
        let code = "Lit.Actions.a(); LitActions.b(); Lit.Actions['c'](); globalThis.LitActions.d();
            const { e, f: g, h = 1 } = Lit.Actions; const i = Lit.Actions; i.j(); const { Actions } = Lit; Actions.k(); Lit.Auth.l; o.Actions.m";
        let uses = Uses::of(code).unwrap();
        assert_eq!(
            names(&uses.actions),
            ["a", "b", "c", "d", "e", "f", "h", "j", "k"]
        );
        assert_eq!(uses.actions["e"], 2);
    }

    #[test]
    fn other_languages_are_refused_with_the_line() {
        assert_eq!(Uses::of("a;\n((b;"), Err(Unreadable::Syntax(2)));
        assert_eq!(Uses::of("const x: number = 1;"), Err(Unreadable::Syntax(1)));
        let nested = format!("\n{}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Uses::of(&nested), Err(Unreadable::TooDeep(2)));
    }
}
