//! From text to tokens.

use super::{
    error::{FormulaError, Problem, SLIPS},
    operators::OPERATORS,
};

#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// As it is written; of a text what is between the quotes.
    pub(super) text: &'t str,
    pub(super) position: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Number,
    Text,
    /// Of an operand, of a function, or an operator that is a word.
    Name,
    /// An operator, a parenthesis or a semicolon.
    Symbol,
    End,
}

impl Token<'_> {
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }

    /// For an error: with its quotes, and not at any length.
    pub(super) fn written(&self) -> Box<str> {
        const LONGEST: usize = 40;
        let start = &self.text[..self.text.floor_char_boundary(LONGEST)];
        let dots = if start.len() < self.text.len() { "…" } else { "" };
        match self.kind {
            TokenKind::Text => format!("\"{start}{dots}\"").into(),
            _ => format!("{start}{dots}").into(),
        }
    }
}

/// Reads one token after the other.
pub(super) struct Lexer<'t> {
    text: &'t str,
    position: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, position: 0 }
    }

    /// The next token; at the end, the end again and again.
    pub(super) fn token(&mut self) -> Result<Token<'t>, FormulaError> {
        let rest = self.text[self.position..].trim_start();
        self.position = self.text.len() - rest.len();
        match rest.chars().next() {
            None => Ok(self.take(TokenKind::End, "")),
            Some('"') => self.quoted(&rest[1..]),
            Some('0'..='9') => self.number(rest),
            Some(first) if is_of_name(first) => Ok(self.take(TokenKind::Name, prefix(rest, is_of_name))),
            Some(first) => self.symbol(rest, first),
        }
    }

    fn take(&mut self, kind: TokenKind, text: &'t str) -> Token<'t> {
        let position = self.position;
        self.position += text.len();
        Token { kind, text, position }
    }

    fn quoted(&mut self, rest: &'t str) -> Result<Token<'t>, FormulaError> {
        let Some(end) = rest.find('"') else { return Err(self.error(Problem::UnterminatedText)) };
        let position = self.position;
        self.position += end + 2;
        Ok(Token { kind: TokenKind::Text, text: &rest[..end], position })
    }

    fn number(&mut self, rest: &'t str) -> Result<Token<'t>, FormulaError> {
        let text = prefix(rest, |character| is_of_name(character) || character == '.');
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = match text.split_once('.') {
            None => is_digits(text),
            Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        };
        if is_number { Ok(self.take(TokenKind::Number, text)) } else { Err(self.error(Problem::NoNumber(text.into()))) }
    }

    fn symbol(&mut self, rest: &'t str, first: char) -> Result<Token<'t>, FormulaError> {
        // Some slips begin with a symbol.
        if let Some((written, hint)) = SLIPS.iter().find(|(written, _)| rest.starts_with(written)) {
            return Err(self.error(Problem::Slip { written, hint }));
        }
        let operators = OPERATORS.iter().filter(|operator| !operator.is_word()).map(|operator| operator.spelling);
        match operators.chain(["(", ")", ";"]).find(|symbol| rest.starts_with(symbol)) {
            Some(symbol) => Ok(self.take(TokenKind::Symbol, &rest[..symbol.len()])),
            None => Err(self.error(Problem::UnknownCharacter(first))),
        }
    }

    fn error(&self, problem: Problem) -> FormulaError {
        FormulaError::new(self.position, problem)
    }
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|character| !belongs(character)).unwrap_or(text.len());
    &text[..end]
}
