//! From tokens to the tree, by the powers of the operators.

use guerdon_model::Timestamp;
use rust_decimal::Decimal;

use super::{
    MAX_DEPTH, MAX_LENGTH,
    error::{FormulaError, Problem},
    expression::{Chain, Constant, Expression, Node, Switch, Variable},
    functions::{Body, Function},
    lexer::{Lexer, Token, TokenKind},
    moment::Moment,
    operands::OperandRow,
    operators::{Operator, OperatorRow},
    suggestion,
};

type Result<T> = std::result::Result<T, FormulaError>;

/// Reads a whole formula.
pub(super) fn parse(text: &str) -> Result<Expression> {
    if text.len() > MAX_LENGTH {
        return Err(FormulaError::new(text.floor_char_boundary(MAX_LENGTH), Problem::TooLong));
    }
    let mut lexer = Lexer::new(text);
    let next = lexer.token()?;
    if next.kind == TokenKind::End {
        return Err(FormulaError::new(0, Problem::Empty));
    }
    let mut parser = Parser { lexer, next, is_after_percent: false, depth: 0 };
    let expression = parser.expression(0)?;
    match parser.next.kind {
        TokenKind::End => Ok(expression),
        _ => Err(parser.operator_expected()),
    }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    next: Token<'t>,
    is_after_percent: bool,
    depth: usize,
}

impl<'t> Parser<'t> {
    /// An expression whose operators have at least this power.
    fn expression(&mut self, power: u8) -> Result<Expression> {
        let mut left = self.operand()?;
        let mut is_compared = false;
        while let Some(row) = self.operator().filter(|row| row.power >= power) {
            let is_comparison = matches!(row.operator, Operator::Comparison(_));
            if is_compared && is_comparison {
                return Err(FormulaError::new(self.next.position, Problem::ChainedComparison));
            }
            is_compared = is_comparison;
            self.advance()?;
            let right = self.expression(row.power + 1)?;
            left = join(left, row.operator, right);
        }
        Ok(left)
    }

    fn operator(&self) -> Option<&'static OperatorRow> {
        match self.next.kind {
            TokenKind::Name | TokenKind::Symbol => OperatorRow::find(self.next.text),
            _ => None,
        }
    }

    /// What operators stand between.
    fn operand(&mut self) -> Result<Expression> {
        let token = self.next;
        let node = match token.kind {
            TokenKind::Number => {
                self.advance()?;
                Node::Constant(Constant::Number(number(token)?))
            }
            TokenKind::Text => {
                self.advance()?;
                Node::Constant(Constant::Text(token.text.into()))
            }
            TokenKind::Symbol if token.text == "-" => {
                self.advance()?;
                negated(self.nested(token, Self::operand)?)
            }
            TokenKind::Symbol if token.text == "(" => {
                self.advance()?;
                let inner = self.nested(token, |parser| parser.expression(0))?;
                self.close(token)?;
                inner.node
            }
            TokenKind::Name if self.operator().is_none() => {
                self.advance()?;
                self.named(token)?
            }
            _ => {
                let problem = Problem::ValueExpected { found: token.written(), after_percent: self.is_after_percent };
                return Err(FormulaError::new(token.position, problem));
            }
        };
        Ok(Expression { position: token.position, node })
    }

    fn named(&mut self, name: Token<'t>) -> Result<Node> {
        if let Some(row) = OperandRow::find(name.text) {
            return self.variable(name, row);
        }
        let Some(function) = Function::find(name.text) else {
            let problem = Problem::UnknownName { name: name.text.into(), suggestion: suggestion::value(name.text) };
            return Err(FormulaError::new(name.position, problem));
        };
        if matches!(function.body, Body::SwitchCase) {
            return Err(FormulaError::new(name.position, Problem::CaseOutsideSwitch));
        }
        let opening = self.opening(function, name)?;
        self.nested(name, |parser| match function.body {
            Body::Switch => parser.switch(name, opening),
            Body::Date | Body::DateTime => parser.date(function, opening),
            _ => Ok(Node::Call(function, parser.call(function, name, opening)?)),
        })
    }

    fn variable(&mut self, name: Token<'t>, row: &'static OperandRow) -> Result<Node> {
        let operand = row.name;
        let wrong = |problem| FormulaError::new(name.position, problem);
        let key = match (self.next.is_symbol("("), row.operand.takes_key()) {
            (false, false) => "",
            (true, false) => return Err(wrong(Problem::NoArguments { operand })),
            (false, true) => return Err(wrong(Problem::KeyExpected { operand })),
            (true, true) => {
                let opening = self.advance()?;
                let key = self.quoted(opening)?.map(|token| token.text).filter(|key| !key.is_empty());
                key.ok_or_else(|| wrong(Problem::KeyExpected { operand }))?
            }
        };
        Ok(Node::Variable(Variable { row, key: key.into(), position: name.position }))
    }

    /// Dates are read now rather than each time.
    fn date(&mut self, function: &'static Function, opening: Token<'t>) -> Result<Node> {
        let position = self.next.position;
        let read = |text: &'t str| {
            let moment = match function.body {
                Body::Date => Moment::read(text).filter(|moment| matches!(moment, Moment::Day(_))),
                _ => Timestamp::parse(text).map(Moment::Instant),
            };
            Some(Node::Constant(Constant::Date(moment?, text.into())))
        };
        let node = self.quoted(opening)?.and_then(|token| read(token.text));
        node.ok_or_else(|| FormulaError::new(position, Problem::NoDate(function)))
    }

    /// A text and a closing parenthesis; `None` if something else stands there.
    fn quoted(&mut self, opening: Token<'t>) -> Result<Option<Token<'t>>> {
        let token = self.next;
        if token.kind != TokenKind::Text {
            return Ok(None);
        }
        self.advance()?;
        if !self.next.is_symbol(")") && self.next.kind != TokenKind::End {
            return Ok(None);
        }
        self.close(opening)?;
        Ok(Some(token))
    }

    fn call(&mut self, function: &'static Function, name: Token<'t>, opening: Token<'t>) -> Result<Vec<Expression>> {
        let mut arguments = Vec::new();
        if !self.next.is_symbol(")") {
            arguments.push(self.expression(0)?);
            while self.skip(";")? {
                arguments.push(self.expression(0)?);
            }
        }
        self.close(opening)?;
        match arguments.len() {
            given if function.accepts(given) => Ok(arguments),
            given => Err(FormulaError::new(name.position, Problem::Arguments { function, given })),
        }
    }

    /// Cases stand one after the other; semicolons between them do no harm.
    fn switch(&mut self, name: Token<'t>, opening: Token<'t>) -> Result<Node> {
        let value = self.expression(0)?;
        let mut cases = Vec::new();
        let mut is_separated = self.skip(";")?;
        while let Some(function) = self.case() {
            let case = self.advance()?;
            let opening = self.opening(function, case)?;
            let arguments = self.nested(case, |parser| parser.call(function, case, opening))?;
            cases.extend(<[Expression; 2]>::try_from(arguments));
            is_separated = self.skip(";")?;
        }
        if !is_separated && !self.next.is_symbol(")") {
            // Fails, and says what is wrong with what stands there.
            self.close(opening)?;
        }
        if !is_separated || cases.is_empty() {
            return Err(FormulaError::new(name.position, Problem::IncompleteSwitch));
        }
        let otherwise = self.expression(0)?;
        self.close(opening)?;
        Ok(Node::Switch(Box::new(Switch { value, cases, otherwise })))
    }

    fn case(&self) -> Option<&'static Function> {
        Function::find(self.next.text)
            .filter(|function| self.next.kind == TokenKind::Name && matches!(function.body, Body::SwitchCase))
    }

    /// The parenthesis behind the name of a function.
    fn opening(&mut self, function: &'static Function, name: Token<'t>) -> Result<Token<'t>> {
        match self.next.is_symbol("(") {
            true => self.advance(),
            false => Err(FormulaError::new(name.position, Problem::ArgumentsExpected(function))),
        }
    }

    /// Reads something that makes the formula deeper.
    fn nested<T>(&mut self, at: Token<'t>, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(FormulaError::new(at.position, Problem::TooDeep));
        }
        self.depth += 1;
        let inner = read(self);
        self.depth -= 1;
        inner
    }

    fn advance(&mut self) -> Result<Token<'t>> {
        let token = self.next;
        self.next = self.lexer.token()?;
        self.is_after_percent = token.is_symbol("%");
        Ok(token)
    }

    fn skip(&mut self, symbol: &str) -> Result<bool> {
        let is_there = self.next.is_symbol(symbol);
        if is_there {
            self.advance()?;
        }
        Ok(is_there)
    }

    fn close(&mut self, opening: Token<'t>) -> Result<()> {
        match self.next {
            token if token.is_symbol(")") => self.advance().map(|_| ()),
            token if token.kind == TokenKind::End => Err(FormulaError::new(opening.position, Problem::Unclosed)),
            _ => Err(self.operator_expected()),
        }
    }

    /// An expression could end here, or go on with an operator.
    fn operator_expected(&self) -> FormulaError {
        let token = self.next;
        let problem = match token {
            _ if token.is_symbol(")") => Problem::Unopened,
            _ if token.is_symbol(";") => Problem::Separator,
            _ => {
                let suggestion = suggestion::operator(token.text).filter(|_| token.kind == TokenKind::Name);
                Problem::OperatorExpected { found: token.written(), suggestion }
            }
        };
        FormulaError::new(token.position, problem)
    }
}

/// Operators of the same power become one node.
fn join(left: Expression, operator: Operator, right: Expression) -> Expression {
    let position = left.position;
    let node = match (operator, left.node) {
        (Operator::Any, Node::Any(mut parts)) => {
            parts.push(right);
            Node::Any(parts)
        }
        (Operator::Any, node) => Node::Any(vec![Expression { position, node }, right]),
        (Operator::All, Node::All(mut parts)) => {
            parts.push(right);
            Node::All(parts)
        }
        (Operator::All, node) => Node::All(vec![Expression { position, node }, right]),
        (Operator::Comparison(comparison), node) => {
            Node::Comparison(comparison, Box::new([Expression { position, node }, right]))
        }
        (Operator::Arithmetic(arithmetic), Node::Chain(mut chain)) if chain.is_sum == arithmetic.is_sum() => {
            chain.rest.push((arithmetic, right));
            Node::Chain(chain)
        }
        (Operator::Arithmetic(arithmetic), node) => {
            let first = Expression { position, node };
            Node::Chain(Box::new(Chain { is_sum: arithmetic.is_sum(), first, rest: vec![(arithmetic, right)] }))
        }
    };
    Expression { position, node }
}

fn negated(operand: Expression) -> Node {
    match operand.node {
        Node::Constant(Constant::Number(number)) => Node::Constant(Constant::Number(-number)),
        _ => Node::Negated(Box::new(operand)),
    }
}

fn number(token: Token<'_>) -> Result<Decimal> {
    Decimal::from_str_exact(token.text)
        .map_err(|_| FormulaError::new(token.position, Problem::TooManyDigits(token.text.into())))
}
