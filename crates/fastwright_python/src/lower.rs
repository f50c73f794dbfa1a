//! From ruff's syntax tree to the compact form in [`crate::ir`]. The tree is dropped on the way.

use crate::ir::*;
use crate::location::Span;
use crate::name::Name;
use crate::recent_texts::shared_text;
use crate::value::Text;
use ruff_python_ast as ast;
use ruff_text_size::{Ranged, TextRange};
use std::borrow::Borrow;
use std::sync::Arc;
use thin_vec::ThinVec;

/// Nesting beyond which a file is given up: CPython's own compiler refuses far earlier.
const DEEPEST: u32 = 1_500;

/// The file nests deeper than [`DEEPEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep {
    /// Where the limit was passed.
    pub offset: u32,
}

/// Lowers the statements of a file. Each is dropped as soon as it is lowered: it is at hand then, and its memory
/// serves those that follow.
///
/// # Errors
/// When the code nests too deeply to be walked; no Python interpreter compiles such a file.
pub fn lower_module(body: impl IntoIterator<Item = ast::Stmt>) -> Result<Module, TooDeep> {
    let mut lowering = Lowering {
        module: Module::default(),
        scopes: Vec::new(),
        depth: 0,
        too_deep: None,
        yields: vec![false],
        mentions: Vec::new(),
        file_mentions: Some(Box::new(MentionsOfFile::new())),
        not_lowered_yet: None,
    };
    lowering.module.body = lowering.statements(body);
    match lowering.too_deep {
        Some(offset) => Err(TooDeep { offset }),
        None => {
            lowering.module.mentions =
                lowering.file_mentions.map(|mentions| mentions.finish()).unwrap_or_default();
            Ok(lowering.module)
        }
    }
}

/// Lowers the text of a string annotation (`"Order | None"`); spans are those of `outer`.
pub fn lower_annotation_text(text: &str, outer: Span) -> Option<Expr> {
    let parsed = ruff_python_parser::parse_expression(text.trim()).ok()?;
    let mut lowering = Lowering {
        module: Module::default(),
        scopes: Vec::new(),
        depth: 0,
        too_deep: None,
        yields: vec![false],
        mentions: Vec::new(),
        file_mentions: None,
        not_lowered_yet: None,
    };
    let mut expr = lowering.expression(parsed.expr());
    if lowering.too_deep.is_some() {
        return None;
    }
    place_at(&mut expr, outer);
    Some(expr)
}

fn place_at(expr: &mut Expr, span: Span) {
    expr.span = span;
    match &mut expr.kind {
        ExprKind::Attribute(attribute) => place_at(&mut attribute.base, span),
        ExprKind::Subscript(pair) => {
            place_at(&mut pair.0, span);
            place_at(&mut pair.1, span);
        }
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter_mut().for_each(|item| place_at(item, span))
        }
        ExprKind::Binary(_, pair) => {
            place_at(&mut pair.0, span);
            place_at(&mut pair.1, span);
        }
        ExprKind::Call(call) => {
            place_at(&mut call.callee, span);
            for argument in &mut call.arguments {
                argument.span = span;
                place_at(&mut argument.value, span);
            }
        }
        _ => {}
    }
}

fn span(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}

/// A list with room for its elements and no more: collected, a short one would get room for four.
fn thin<T>(elements: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> ThinVec<T> {
    let elements = elements.into_iter();
    let mut list = ThinVec::with_capacity(elements.len());
    list.extend(elements);
    list
}

/// Whether Python decides by itself what an expression results in: unlike those of `==` and `<`, its operators can't be
/// redefined to make a condition of them.
fn is_decided_by_python(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Not(_) | ExprKind::And(_) | ExprKind::Or(_) => true,
        ExprKind::Compare(chain) => chain.rest.iter().any(|(comparison, _)| {
            matches!(comparison, Comparison::Is | Comparison::IsNot | Comparison::In | Comparison::NotIn)
        }),
        _ => false,
    }
}

fn name(text: &str) -> Name {
    Name::from(text)
}

enum Scope {
    Function(Name),
    Class(Name),
}

struct Lowering {
    module: Module,
    scopes: Vec<Scope>,
    depth: u32,
    too_deep: Option<u32>,
    yields: Vec<bool>,
    /// Names mentioned so far in each function around, the outermost first.
    mentions: Vec<MentionsOfFunction>,
    /// Names mentioned so far in the file, if that is a file.
    file_mentions: Option<Box<MentionsOfFile>>,
    /// What stands in the place of a function until it is lowered.
    not_lowered_yet: Option<Arc<FunctionDef>>,
}

impl Lowering {
    fn qualname(&self, name: &str) -> Name {
        match self.scopes.last() {
            None => Name::from(name),
            Some(Scope::Class(outer)) => Name::dotted(outer, name),
            Some(Scope::Function(outer)) => Name::from(&format!("{outer}.<locals>.{name}")),
        }
    }

    /// Enters one level of nesting; false when the file is to be given up.
    fn enter(&mut self, offset: u32) -> bool {
        if self.depth >= DEEPEST {
            self.too_deep.get_or_insert(offset);
            return false;
        }
        self.depth += 1;
        true
    }

    /// Statements that most of their kind do not have.
    fn clause(&mut self, body: &[ast::Stmt]) -> ThinVec<Stmt> {
        thin(self.statements(body).into_vec())
    }

    /// Notes that the function has a construct.
    fn note(&mut self, construct: Construct) {
        self.mentions.last_mut().into_iter().for_each(|mentions| mentions.insert_construct(construct));
    }

    fn note_item_store<S: Borrow<ast::Expr>>(&mut self, targets: &[S]) {
        if targets.iter().any(|target| target.borrow().is_subscript_expr()) {
            self.note(Construct::ItemStore);
        }
    }

    fn statements<S: Borrow<ast::Stmt>>(&mut self, body: impl IntoIterator<Item = S>) -> Box<[Stmt]> {
        let body = body.into_iter();
        // Nearly all of them are kept: a vector that grows by itself would be copied several times.
        let mut lowered = Vec::with_capacity(body.size_hint().0);
        lowered.extend(body.filter_map(|statement| self.statement(statement.borrow())));
        lowered.into_boxed_slice()
    }

    fn statement(&mut self, statement: &ast::Stmt) -> Option<Stmt> {
        let span = span(statement.range());
        if !self.enter(span.start) {
            return None;
        }
        let kind = self.statement_kind(statement);
        self.depth -= 1;
        Some(Stmt { span, kind: kind? })
    }

    fn statement_kind(&mut self, statement: &ast::Stmt) -> Option<StmtKind> {
        Some(match statement {
            ast::Stmt::FunctionDef(node) => StmtKind::Function(self.function(node)),
            ast::Stmt::ClassDef(node) => StmtKind::Class(self.class(node)),
            ast::Stmt::Return(node) => {
                StmtKind::Return(node.value.as_deref().map(|value| self.expression(value)))
            }
            ast::Stmt::Delete(node) => {
                self.note_item_store(&node.targets);
                StmtKind::Delete(self.expressions(&node.targets))
            }
            ast::Stmt::TypeAlias(node) => {
                let ast::Expr::Name(target) = node.name.as_ref() else { return None };
                StmtKind::TypeAlias {
                    name: name(&target.id),
                    value: Arc::new(self.expression(&node.value)),
                    type_parameters: self.type_parameters(node.type_params.as_deref()),
                }
            }
            ast::Stmt::Assign(node) => {
                self.note_item_store(&node.targets);
                StmtKind::Assign {
                    targets: self.expressions(&node.targets),
                    value: self.expression(&node.value),
                }
            }
            ast::Stmt::AugAssign(node) => {
                self.note_item_store(std::slice::from_ref(&node.target));
                StmtKind::AugAssign {
                    target: self.boxed(&node.target),
                    operator: binary_operator(node.op),
                    value: self.boxed(&node.value),
                }
            }
            ast::Stmt::AnnAssign(node) => StmtKind::AnnAssign {
                target: self.boxed(&node.target),
                annotation: Arc::new(self.expression(&node.annotation)),
                value: node.value.as_deref().map(|value| self.boxed(value)),
            },
            ast::Stmt::For(node) => StmtKind::For {
                target: self.boxed(&node.target),
                iterable: self.boxed(&node.iter),
                body: self.statements(&node.body),
                orelse: self.clause(&node.orelse),
                is_async: node.is_async,
            },
            ast::Stmt::While(node) => StmtKind::While {
                test: self.expression(&node.test),
                body: self.statements(&node.body),
                orelse: self.clause(&node.orelse),
            },
            ast::Stmt::If(node) => {
                let test = self.expression(&node.test);
                let body = self.statements(&node.body);
                StmtKind::If { test, body, orelse: self.clauses(&node.elif_else_clauses) }
            }
            ast::Stmt::With(node) => {
                if !node.is_async {
                    self.note(Construct::With);
                }
                StmtKind::With {
                    items: node
                        .items
                        .iter()
                        .map(|item| WithItem {
                            context: self.expression(&item.context_expr),
                            target: item.optional_vars.as_deref().map(|target| self.expression(target)),
                        })
                        .collect(),
                    body: self.statements(&node.body),
                    is_async: node.is_async,
                }
            }
            ast::Stmt::Match(node) => StmtKind::Match {
                subject: self.expression(&node.subject),
                cases: node
                    .cases
                    .iter()
                    .map(|case| MatchCase {
                        pattern: self.pattern(&case.pattern),
                        guard: case.guard.as_deref().map(|guard| self.expression(guard)),
                        body: self.statements(&case.body),
                    })
                    .collect(),
            },
            ast::Stmt::Raise(node) => StmtKind::Raise {
                exception: node.exc.as_deref().map(|value| self.expression(value)),
                cause: node.cause.as_deref().map(|value| self.expression(value)),
            },
            ast::Stmt::Try(node) => {
                self.note(Construct::Try);
                StmtKind::Try {
                    body: self.statements(&node.body),
                    handlers: thin(node.handlers.iter().map(|handler| {
                        let ast::ExceptHandler::ExceptHandler(handler) = handler;
                        Handler {
                            span: span(handler.range),
                            exception: handler.type_.as_deref().map(|class| self.expression(class)),
                            name: handler.name.as_ref().map(|identifier| name(identifier.as_str())),
                            body: self.statements(&handler.body),
                        }
                    })),
                    orelse: self.clause(&node.orelse),
                    finalbody: self.clause(&node.finalbody),
                }
            }
            ast::Stmt::Assert(node) => StmtKind::Assert {
                test: self.expression(&node.test),
                message: node.msg.as_deref().map(|message| self.expression(message)),
            },
            ast::Stmt::Import(node) => {
                let names: Box<[Alias]> = node.names.iter().map(alias).collect();
                for alias in &names {
                    self.module.imports.push(ImportFact {
                        level: 0,
                        module: alias.name,
                        names: Box::default(),
                    });
                }
                StmtKind::Import(names)
            }
            ast::Stmt::ImportFrom(node) => {
                let module = node.module.as_ref().map_or_else(|| name(""), |module| name(module.as_str()));
                let names: Box<[Alias]> = node.names.iter().map(alias).collect();
                self.module.imports.push(ImportFact {
                    level: node.level,
                    module,
                    names: names.iter().map(|alias| alias.name).collect(),
                });
                StmtKind::ImportFrom { level: node.level, module, names }
            }
            ast::Stmt::Global(node) => {
                self.note(Construct::Global);
                StmtKind::Global(node.names.iter().map(|id| name(id.as_str())).collect())
            }
            ast::Stmt::Nonlocal(node) => {
                StmtKind::Nonlocal(node.names.iter().map(|id| name(id.as_str())).collect())
            }
            ast::Stmt::Expr(node) => StmtKind::Expr(self.expression(&node.value)),
            ast::Stmt::Pass(_) => StmtKind::Pass,
            ast::Stmt::Break(_) => StmtKind::Break,
            ast::Stmt::Continue(_) => StmtKind::Continue,
            ast::Stmt::IpyEscapeCommand(_) => return None,
        })
    }

    /// `elif` and `else` clauses, folded from the end so that a chain of thousands does not recurse.
    fn clauses(&mut self, clauses: &[ast::ElifElseClause]) -> ThinVec<Stmt> {
        let lowered: Vec<(Span, Option<Expr>, Box<[Stmt]>)> = clauses
            .iter()
            .map(|clause| {
                let test = clause.test.as_ref().map(|test| self.expression(test));
                (span(clause.range), test, self.statements(&clause.body))
            })
            .collect();
        if lowered.len() as u32 > DEEPEST {
            self.too_deep.get_or_insert(lowered[0].0.start);
            return ThinVec::new();
        }
        let mut orelse = ThinVec::new();
        for (span, test, body) in lowered.into_iter().rev() {
            orelse = match test {
                None => thin(body.into_vec()),
                Some(test) => thin([Stmt { span, kind: StmtKind::If { test, body, orelse } }]),
            };
        }
        orelse
    }

    fn function(&mut self, node: &ast::StmtFunctionDef) -> Arc<FunctionDef> {
        let qualname = self.qualname(node.name.as_str());
        let index = self.reserve_function();
        let decorators =
            node.decorator_list.iter().map(|decorator| self.expression(&decorator.expression)).collect();
        let parameters = self.parameters(&node.parameters);
        let returns = node.returns.as_deref().map(|returns| Arc::new(self.expression(returns)));
        let type_parameters = self.type_parameters(node.type_params.as_deref());
        self.scopes.push(Scope::Function(qualname));
        self.yields.push(false);
        self.mentions.push(MentionsOfFunction::new());
        let body = self.statements(&node.body);
        let is_generator = self.yields.pop().unwrap_or(false);
        let mentions = self.leave_mentions();
        self.scopes.pop();
        self.define_function(FunctionDef {
            index,
            name: name(node.name.as_str()),
            qualname,
            span: span(node.range),
            name_span: span(node.name.range),
            is_async: node.is_async,
            is_generator,
            decorators,
            parameters,
            returns,
            body,
            type_parameters,
            mentions,
        })
    }

    fn mentioned(&mut self, text: &str) -> Name {
        let (name, mixed) = Name::new_and_mixed(text);
        let mentioned = Mentioned::of_mixed(mixed);
        if let Some(mentions) = &mut self.file_mentions {
            mentions.insert(&mentioned);
        }
        if let Some(mentions) = self.mentions.last_mut() {
            mentions.insert(&mentioned);
        }
        name
    }

    /// The names of a function that ends, which are also mentioned in the one around it.
    fn leave_mentions(&mut self) -> MentionedNames {
        let Some(mentions) = self.mentions.pop() else { return MentionedNames::default() };
        if let Some(around) = self.mentions.last_mut() {
            around.extend(&mentions);
        }
        mentions.finish()
    }

    /// Keeps the place of a function in the order of the file; nested ones come after it.
    fn reserve_function(&mut self) -> u32 {
        let index = self.module.functions.len();
        let nothing = self.not_lowered_yet.get_or_insert_with(|| {
            Arc::new(FunctionDef {
                index: u32::MAX,
                name: name(""),
                qualname: name(""),
                span: Span::default(),
                name_span: Span::default(),
                is_async: false,
                is_generator: false,
                decorators: Box::default(),
                parameters: Box::default(),
                returns: None,
                body: Box::default(),
                type_parameters: Box::default(),
                mentions: MentionedNames::default(),
            })
        });
        self.module.functions.push(Arc::clone(nothing));
        index as u32
    }

    fn define_function(&mut self, function: FunctionDef) -> Arc<FunctionDef> {
        let index = function.index as usize;
        let function = Arc::new(function);
        self.module.functions[index] = Arc::clone(&function);
        function
    }

    fn class(&mut self, node: &ast::StmtClassDef) -> Arc<ClassDef> {
        let qualname = self.qualname(node.name.as_str());
        let decorators =
            node.decorator_list.iter().map(|decorator| self.expression(&decorator.expression)).collect();
        let arguments =
            node.arguments.as_deref().map(|arguments| self.arguments(arguments)).unwrap_or_default();
        let type_parameters = self.type_parameters(node.type_params.as_deref());
        self.scopes.push(Scope::Class(qualname));
        let body = self.statements(&node.body);
        self.scopes.pop();
        let class = Arc::new(ClassDef {
            index: self.module.classes.len() as u32,
            name: name(node.name.as_str()),
            qualname,
            span: span(node.range),
            name_span: span(node.name.range),
            decorators,
            arguments,
            body,
            type_parameters,
        });
        self.module.classes.push(Arc::clone(&class));
        class
    }

    fn type_parameters(&mut self, parameters: Option<&ast::TypeParams>) -> Box<[TypeParameter]> {
        let Some(parameters) = parameters else { return Box::default() };
        parameters
            .type_params
            .iter()
            .map(|parameter| match parameter {
                ast::TypeParam::TypeVar(node) => TypeParameter {
                    name: name(node.name.as_str()),
                    kind: TypeParameterKind::TypeVar,
                    span: span(node.range),
                    bound: node.bound.as_deref().map(|bound| self.expression(bound)),
                    default: node.default.as_deref().map(|default| self.expression(default)),
                },
                ast::TypeParam::TypeVarTuple(node) => TypeParameter {
                    name: name(node.name.as_str()),
                    kind: TypeParameterKind::TypeVarTuple,
                    span: span(node.range),
                    bound: None,
                    default: node.default.as_deref().map(|default| self.expression(default)),
                },
                ast::TypeParam::ParamSpec(node) => TypeParameter {
                    name: name(node.name.as_str()),
                    kind: TypeParameterKind::ParamSpec,
                    span: span(node.range),
                    bound: None,
                    default: node.default.as_deref().map(|default| self.expression(default)),
                },
            })
            .collect()
    }

    fn parameters(&mut self, parameters: &ast::Parameters) -> Parameters {
        let mut lowered = Vec::with_capacity(parameters.len());
        for parameter in &parameters.posonlyargs {
            lowered.push(self.parameter_with_default(parameter, ParameterKind::PositionalOnly));
        }
        for parameter in &parameters.args {
            lowered.push(self.parameter_with_default(parameter, ParameterKind::PositionalOrKeyword));
        }
        if let Some(parameter) = &parameters.vararg {
            lowered.push(self.parameter(parameter, ParameterKind::VarPositional));
        }
        for parameter in &parameters.kwonlyargs {
            lowered.push(self.parameter_with_default(parameter, ParameterKind::KeywordOnly));
        }
        if let Some(parameter) = &parameters.kwarg {
            lowered.push(self.parameter(parameter, ParameterKind::VarKeyword));
        }
        lowered.into_boxed_slice()
    }

    fn parameter(&mut self, parameter: &ast::Parameter, kind: ParameterKind) -> Parameter {
        Parameter {
            name: name(parameter.name.as_str()),
            kind,
            annotation: parameter
                .annotation
                .as_deref()
                .map(|annotation| Arc::new(self.expression(annotation))),
            default: None,
            span: span(parameter.range),
        }
    }

    fn parameter_with_default(
        &mut self,
        parameter: &ast::ParameterWithDefault,
        kind: ParameterKind,
    ) -> Parameter {
        let mut lowered = self.parameter(&parameter.parameter, kind);
        lowered.default = parameter.default.as_deref().map(|default| self.expression(default));
        lowered.span = span(parameter.range);
        lowered
    }

    fn arguments(&mut self, arguments: &ast::Arguments) -> Box<[Argument]> {
        let mut lowered = Vec::with_capacity(arguments.len());
        lowered.extend(arguments.iter_source_order().map(|argument| match argument {
            ast::ArgOrKeyword::Arg(ast::Expr::Starred(starred)) => Argument {
                kind: ArgumentKind::Star,
                span: span(starred.range),
                value: self.expression(&starred.value),
            },
            ast::ArgOrKeyword::Arg(value) => Argument {
                kind: ArgumentKind::Positional,
                span: span(value.range()),
                value: self.expression(value),
            },
            ast::ArgOrKeyword::Keyword(keyword) => Argument {
                kind: match &keyword.arg {
                    Some(arg) => ArgumentKind::Keyword(name(arg.as_str())),
                    None => ArgumentKind::DoubleStar,
                },
                span: span(keyword.range),
                value: self.expression(&keyword.value),
            },
        }));
        lowered.into_boxed_slice()
    }

    fn pattern(&mut self, pattern: &ast::Pattern) -> Pattern {
        if !self.enter(pattern.range().start().to_u32()) {
            return Pattern::Star(None);
        }
        let lowered = match pattern {
            ast::Pattern::MatchValue(node) => Pattern::Value(self.expression(&node.value)),
            ast::Pattern::MatchSingleton(node) => Pattern::Value(Expr {
                span: span(node.range),
                kind: match node.value {
                    ast::Singleton::None => ExprKind::None,
                    ast::Singleton::True => ExprKind::Bool(true),
                    ast::Singleton::False => ExprKind::Bool(false),
                },
            }),
            ast::Pattern::MatchSequence(node) => {
                Pattern::Sequence(node.patterns.iter().map(|pattern| self.pattern(pattern)).collect())
            }
            ast::Pattern::MatchMapping(node) => Pattern::Mapping {
                keys: node.keys.iter().map(|key| self.expression(key)).collect(),
                patterns: node.patterns.iter().map(|pattern| self.pattern(pattern)).collect(),
                rest: node.rest.as_ref().map(|rest| name(rest.as_str())),
            },
            ast::Pattern::MatchClass(node) => Pattern::Class {
                class: self.expression(&node.cls),
                positional: node.arguments.patterns.iter().map(|pattern| self.pattern(pattern)).collect(),
                keywords: node
                    .arguments
                    .keywords
                    .iter()
                    .map(|keyword| (name(keyword.attr.as_str()), self.pattern(&keyword.pattern)))
                    .collect(),
            },
            ast::Pattern::MatchStar(node) => {
                Pattern::Star(node.name.as_ref().map(|star| name(star.as_str())))
            }
            ast::Pattern::MatchAs(node) => Pattern::As {
                pattern: node.pattern.as_deref().map(|inner| Box::new(self.pattern(inner))),
                name: node.name.as_ref().map(|target| name(target.as_str())),
            },
            ast::Pattern::MatchOr(node) => {
                Pattern::Or(node.patterns.iter().map(|pattern| self.pattern(pattern)).collect())
            }
        };
        self.depth -= 1;
        lowered
    }

    fn expressions(&mut self, expressions: &[ast::Expr]) -> Box<[Expr]> {
        expressions.iter().map(|expression| self.expression(expression)).collect()
    }

    /// The same, one pointer wide.
    fn operands(&mut self, expressions: &[ast::Expr]) -> ThinVec<Expr> {
        thin(expressions.iter().map(|expression| self.expression(expression)))
    }

    fn boxed(&mut self, expression: &ast::Expr) -> Box<Expr> {
        Box::new(self.expression(expression))
    }

    fn expression(&mut self, expression: &ast::Expr) -> Expr {
        let span = span(expression.range());
        if !self.enter(span.start) {
            return Expr { span, kind: ExprKind::Invalid };
        }
        let kind = self.expression_kind(expression, span);
        self.depth -= 1;
        Expr { span, kind }
    }

    fn expression_kind(&mut self, expression: &ast::Expr, whole: Span) -> ExprKind {
        match expression {
            ast::Expr::BoolOp(node) => {
                let values = self.operands(&node.values);
                match node.op {
                    ast::BoolOp::And => ExprKind::And(values),
                    ast::BoolOp::Or => ExprKind::Or(values),
                }
            }
            ast::Expr::Named(node) => match node.target.as_ref() {
                ast::Expr::Name(target) => {
                    ExprKind::Walrus(Box::new((name(&target.id), self.expression(&node.value))))
                }
                _ => ExprKind::Invalid,
            },
            ast::Expr::BinOp(node) => ExprKind::Binary(
                binary_operator(node.op),
                Box::new((self.expression(&node.left), self.expression(&node.right))),
            ),
            ast::Expr::UnaryOp(node) => match (node.op, node.operand.as_ref()) {
                (ast::UnaryOp::Not, operand) => ExprKind::Not(self.boxed(operand)),
                (ast::UnaryOp::UAdd, operand) => ExprKind::Unary(UnaryOperator::Plus, self.boxed(operand)),
                (ast::UnaryOp::USub, operand) => ExprKind::Unary(UnaryOperator::Minus, self.boxed(operand)),
                (ast::UnaryOp::Invert, operand) => {
                    ExprKind::Unary(UnaryOperator::Invert, self.boxed(operand))
                }
            },
            ast::Expr::Lambda(node) => {
                let qualname = self.qualname("<lambda>");
                let index = self.reserve_function();
                let parameters = node
                    .parameters
                    .as_deref()
                    .map(|parameters| self.parameters(parameters))
                    .unwrap_or_default();
                self.scopes.push(Scope::Function(qualname));
                self.yields.push(false);
                self.mentions.push(MentionsOfFunction::new());
                let value = self.expression(&node.body);
                let is_generator = self.yields.pop().unwrap_or(false);
                let mentions = self.leave_mentions();
                self.scopes.pop();
                let body = Box::new([Stmt { span: value.span, kind: StmtKind::Return(Some(value)) }]);
                ExprKind::Lambda(self.define_function(FunctionDef {
                    index,
                    name: name("<lambda>"),
                    qualname,
                    span: whole,
                    name_span: whole,
                    is_async: false,
                    is_generator,
                    decorators: Box::default(),
                    parameters,
                    returns: None,
                    body,
                    type_parameters: Box::default(),
                    mentions,
                }))
            }
            ast::Expr::If(node) => ExprKind::Conditional(Box::new((
                self.expression(&node.test),
                self.expression(&node.body),
                self.expression(&node.orelse),
            ))),
            ast::Expr::Dict(node) => {
                let items = node.items.iter().map(|item| {
                    (item.key.as_ref().map(|key| self.expression(key)), self.expression(&item.value))
                });
                ExprKind::Dict(thin(items))
            }
            ast::Expr::Set(node) => ExprKind::Set(self.operands(&node.elts)),
            ast::Expr::ListComp(node) => {
                self.comprehension(ComprehensionKind::List, &node.elt, None, &node.generators)
            }
            ast::Expr::SetComp(node) => {
                self.comprehension(ComprehensionKind::Set, &node.elt, None, &node.generators)
            }
            ast::Expr::DictComp(node) => {
                let key = node.key.as_deref().unwrap_or(&node.value);
                self.comprehension(ComprehensionKind::Dict, key, Some(&node.value), &node.generators)
            }
            ast::Expr::Generator(node) => {
                self.comprehension(ComprehensionKind::Generator, &node.elt, None, &node.generators)
            }
            ast::Expr::Await(node) => ExprKind::Await(self.boxed(&node.value)),
            ast::Expr::Yield(node) => {
                self.mark_generator();
                ExprKind::Yield(node.value.as_deref().map(|value| self.boxed(value)))
            }
            ast::Expr::YieldFrom(node) => {
                self.mark_generator();
                ExprKind::YieldFrom(self.boxed(&node.value))
            }
            ast::Expr::Compare(node) => ExprKind::Compare(Box::new(Comparisons {
                first: self.expression(&node.left),
                rest: node
                    .ops
                    .iter()
                    .zip(&node.comparators)
                    .map(|(operator, right)| (comparison(*operator), self.expression(right)))
                    .collect(),
            })),
            ast::Expr::Call(node) => {
                let callee = self.expression(&node.func);
                let arguments = self.arguments(&node.arguments);
                if let (Some((_, method)), Some(mentions)) = (callee.as_attribute(), self.mentions.last_mut())
                {
                    mentions.insert_call(*method);
                    if arguments.iter().any(|argument| is_decided_by_python(&argument.value)) {
                        mentions.insert_construct(Construct::DecidedArgument);
                    }
                }
                ExprKind::Call(Box::new(Call { callee, arguments }))
            }
            ast::Expr::FString(node) => {
                let mut parts = Vec::new();
                for part in &node.value {
                    match part {
                        ast::FStringPart::Literal(literal) => {
                            parts.push(FormatPart::Text(shared_text(&literal.value)))
                        }
                        ast::FStringPart::FString(string) => self.format_parts(&string.elements, &mut parts),
                    }
                }
                ExprKind::Format(thin(parts))
            }
            ast::Expr::TString(node) => {
                let mut parts = Vec::new();
                for part in &node.value {
                    self.format_parts(&part.elements, &mut parts);
                }
                ExprKind::Template(thin(parts))
            }
            ast::Expr::StringLiteral(node) => ExprKind::Str(shared_text(node.value.to_str())),
            ast::Expr::BytesLiteral(node) => ExprKind::Bytes(Arc::new(node.value.bytes().collect())),
            ast::Expr::NumberLiteral(node) => match &node.value {
                ast::Number::Int(value) => match value.as_i64() {
                    Some(value) => ExprKind::Int(value),
                    None => ExprKind::BigInt(Text::from(value.to_string())),
                },
                ast::Number::Float(value) => ExprKind::Float(*value),
                ast::Number::Complex { .. } => ExprKind::Complex,
            },
            ast::Expr::BooleanLiteral(node) => ExprKind::Bool(node.value),
            ast::Expr::NoneLiteral(_) => ExprKind::None,
            ast::Expr::EllipsisLiteral(_) => ExprKind::Ellipsis,
            ast::Expr::Attribute(node) => {
                let base = self.expression(&node.value);
                let name = self.mentioned(node.attr.as_str());
                ExprKind::Attribute(Box::new(Attribute { base, name }))
            }
            ast::Expr::Subscript(node) => {
                ExprKind::Subscript(Box::new((self.expression(&node.value), self.expression(&node.slice))))
            }
            ast::Expr::Starred(node) => ExprKind::Starred(self.boxed(&node.value)),
            ast::Expr::Name(node) => ExprKind::Name(self.mentioned(&node.id)),
            ast::Expr::List(node) => ExprKind::List(self.operands(&node.elts)),
            ast::Expr::Tuple(node) => ExprKind::Tuple(self.operands(&node.elts)),
            ast::Expr::Slice(node) => ExprKind::Slice(Box::new([
                node.lower.as_deref().map(|part| self.expression(part)),
                node.upper.as_deref().map(|part| self.expression(part)),
                node.step.as_deref().map(|part| self.expression(part)),
            ])),
            ast::Expr::IpyEscapeCommand(_) => ExprKind::Invalid,
        }
    }

    fn mark_generator(&mut self) {
        if let Some(last) = self.yields.last_mut() {
            *last = true;
        }
    }

    fn format_parts(&mut self, elements: &ast::InterpolatedStringElements, parts: &mut Vec<FormatPart>) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(literal) => {
                    parts.push(FormatPart::Text(shared_text(&literal.value)));
                }
                ast::InterpolatedStringElement::Interpolation(field) => {
                    if let Some(debug) = &field.debug_text {
                        parts.push(FormatPart::Text(Text::from(debug.leading().trim_start())));
                    }
                    parts.push(FormatPart::Field {
                        value: self.expression(&field.expression),
                        conversion: field.conversion.to_char(),
                        formatted: field.format_spec.is_some(),
                    });
                }
            }
        }
    }

    fn comprehension(
        &mut self,
        kind: ComprehensionKind,
        element: &ast::Expr,
        value: Option<&ast::Expr>,
        generators: &[ast::Comprehension],
    ) -> ExprKind {
        ExprKind::Comprehension(Box::new(Comprehension {
            kind,
            element: self.expression(element),
            value: value.map(|value| self.expression(value)),
            generators: generators
                .iter()
                .map(|generator| Generator {
                    target: self.expression(&generator.target),
                    iterable: self.expression(&generator.iter),
                    conditions: self.expressions(&generator.ifs),
                    is_async: generator.is_async,
                })
                .collect(),
        }))
    }
}

fn alias(alias: &ast::Alias) -> Alias {
    Alias {
        name: name(alias.name.as_str()),
        rename: alias.asname.as_ref().map(|rename| name(rename.as_str())),
        span: span(alias.range),
    }
}

fn binary_operator(operator: ast::Operator) -> BinaryOperator {
    match operator {
        ast::Operator::Add => BinaryOperator::Add,
        ast::Operator::Sub => BinaryOperator::Subtract,
        ast::Operator::Mult => BinaryOperator::Multiply,
        ast::Operator::MatMult => BinaryOperator::MatrixMultiply,
        ast::Operator::Div => BinaryOperator::Divide,
        ast::Operator::FloorDiv => BinaryOperator::FloorDivide,
        ast::Operator::Mod => BinaryOperator::Modulo,
        ast::Operator::Pow => BinaryOperator::Power,
        ast::Operator::LShift => BinaryOperator::LeftShift,
        ast::Operator::RShift => BinaryOperator::RightShift,
        ast::Operator::BitOr => BinaryOperator::BitOr,
        ast::Operator::BitXor => BinaryOperator::BitXor,
        ast::Operator::BitAnd => BinaryOperator::BitAnd,
    }
}

fn comparison(operator: ast::CmpOp) -> Comparison {
    match operator {
        ast::CmpOp::Eq => Comparison::Equal,
        ast::CmpOp::NotEq => Comparison::NotEqual,
        ast::CmpOp::Lt => Comparison::Less,
        ast::CmpOp::LtE => Comparison::LessEqual,
        ast::CmpOp::Gt => Comparison::Greater,
        ast::CmpOp::GtE => Comparison::GreaterEqual,
        ast::CmpOp::Is => Comparison::Is,
        ast::CmpOp::IsNot => Comparison::IsNot,
        ast::CmpOp::In => Comparison::In,
        ast::CmpOp::NotIn => Comparison::NotIn,
    }
}
