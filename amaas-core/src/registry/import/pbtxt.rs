//! Protocol buffers as text, read without their schema: what `config.pbtxt` is written in.
//!
//! Fields come back as they stand, in order; the caller knows which may stand twice. Format: the
//! text format language specification of protocol buffers, less extensions and `Any`. The libraries
//! that read it ask for the schema first, which would be Triton's to keep.
//!
//! The trap: `field [ {…} ]`, `field: [ … ]`, `field {…}` and the field written several times all
//! mean the same list.

/// Messages within messages, at most.
const MAX_DEPTH: usize = 32;
/// Fields and elements of a document, at most.
const MAX_VALUES: usize = 100_000;

/// The fields of a message, in the order in which they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Message(pub(super) Vec<(String, Value)>);

/// What stands in a field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A quoted text, without its escapes.
    Text(String),
    /// A number, an enumeration's word or a truth value, as it is written.
    Word(String),
    /// Fields.
    Message(Message),
}

/// What is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: String,
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Message, Fault> {
    let mut parser = Parser {
        text,
        at: 0,
        values: 0,
    };
    let message = parser.fields(None, 0)?;
    Ok(message)
}

impl Message {
    /// Every value of the field.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let fields = self.0.iter().filter(|(field, _)| field == name);
        let values: Vec<_> = fields.map(|(_, value)| value).collect();
        values.into_iter()
    }

    /// The messages in the field.
    pub(super) fn messages(&self, name: &str) -> Result<Vec<&Message>, String> {
        self.all(name)
            .map(|value| match value {
                Value::Message(message) => Ok(message),
                _ => Err(format!("`{name}` is no message")),
            })
            .collect()
    }

    /// The only message in the field.
    pub(super) fn message(&self, name: &str) -> Result<Option<&Message>, String> {
        only(name, self.messages(name)?)
    }

    /// The only text in the field.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        let texts = self.all(name).map(|value| match value {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(format!("`{name}` is no quoted text")),
        });
        only(name, texts.collect::<Result<_, _>>()?)
    }

    /// The only word in the field.
    pub(super) fn word(&self, name: &str) -> Result<Option<&str>, String> {
        let words = self.all(name).map(|value| match value {
            Value::Word(word) => Ok(word.as_str()),
            _ => Err(format!("`{name}` is no plain word")),
        });
        only(name, words.collect::<Result<_, _>>()?)
    }

    /// The only whole number in the field.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, String> {
        let number = |word: &str| {
            integer(word).ok_or_else(|| format!("`{name}` is `{}`, no whole number", clip(word)))
        };
        self.word(name)?.map(number).transpose()
    }
}

fn only<T>(name: &str, mut values: Vec<T>) -> Result<Option<T>, String> {
    match values.len() {
        0 | 1 => Ok(values.pop()),
        count => Err(format!("`{name}` stands {count} times")),
    }
}

/// A text as it may stand between double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_ascii_control() => {
                escaped.push_str(&format!("\\{:03o}", u32::from(control)));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Decimal, hexadecimal or octal, as in C.
pub(super) fn integer(word: &str) -> Option<i64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_hexdigit()) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(sign * number).ok()
}

/// The front of a word, for an error.
fn clip(word: &str) -> &str {
    word.char_indices()
        .nth(40)
        .map_or(word, |(end, _)| &word[..end])
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    values: usize,
}

impl<'a> Parser<'a> {
    /// Fields up to `end`, or to the end of the document.
    fn fields(&mut self, end: Option<u8>, depth: usize) -> Result<Message, Fault> {
        let mut fields = Vec::new();
        loop {
            self.skip();
            match (self.peek(), end) {
                (None, None) => return Ok(Message(fields)),
                (found, Some(_)) if found == end => {
                    self.at += 1;
                    return Ok(Message(fields));
                }
                (None, Some(end)) => {
                    return Err(self.fault(format!("`{}` is missing", char::from(end))));
                }
                _ => self.field(&mut fields, depth)?,
            }
        }
    }

    fn field(&mut self, fields: &mut Vec<(String, Value)>, depth: usize) -> Result<(), Fault> {
        let name = self.name()?.to_owned();
        self.skip();
        let has_colon = self.eat(b':');
        self.skip();
        if self.eat(b'[') {
            self.list(&name, fields, has_colon, depth)?;
        } else {
            let value = self.value(has_colon, depth)?;
            fields.push((name, value));
        }
        self.skip();
        let _separated = self.eat(b',') || self.eat(b';');
        Ok(())
    }

    fn list(
        &mut self,
        name: &str,
        fields: &mut Vec<(String, Value)>,
        has_colon: bool,
        depth: usize,
    ) -> Result<(), Fault> {
        self.skip();
        if self.eat(b']') {
            return Ok(());
        }
        loop {
            self.skip();
            let value = self.value(has_colon, depth)?;
            fields.push((name.to_owned(), value));
            self.skip();
            if self.eat(b']') {
                return Ok(());
            }
            if !self.eat(b',') {
                return Err(self.fault("a list goes on without `,` or `]`"));
            }
        }
    }

    fn value(&mut self, has_colon: bool, depth: usize) -> Result<Value, Fault> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(self.fault(format!("more than {MAX_VALUES} values")));
        }
        let end = match self.peek() {
            Some(b'{') => b'}',
            Some(b'<') => b'>',
            Some(b'"' | b'\'') if has_colon => return self.text().map(Value::Text),
            Some(_) if has_colon => return self.word().map(Value::Word),
            _ => return Err(self.fault("a field is followed by neither `:` nor `{`")),
        };
        if depth >= MAX_DEPTH {
            return Err(self.fault(format!("nested deeper than {MAX_DEPTH}")));
        }
        self.at += 1;
        self.fields(Some(end), depth + 1).map(Value::Message)
    }

    fn name(&mut self) -> Result<&'a str, Fault> {
        let is_first = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
        if !self.peek().as_ref().is_some_and(is_first) {
            return Err(self.fault("the name of a field is missing"));
        }
        Ok(self.take(|byte| byte.is_ascii_alphanumeric() || byte == b'_'))
    }

    /// A number or a word; a sign may stand apart from its number.
    fn word(&mut self) -> Result<String, Fault> {
        let sign = if self.eat(b'-') { "-" } else { "" };
        self.skip();
        let word = self.take(|byte| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte));
        if word.is_empty() {
            return Err(self.fault("a value is missing"));
        }
        Ok(format!("{sign}{word}"))
    }

    /// Quoted texts that follow each other are one.
    fn text(&mut self) -> Result<String, Fault> {
        let mut bytes = Vec::new();
        while let Some(quote @ (b'"' | b'\'')) = self.peek() {
            self.at += 1;
            self.quoted(quote, &mut bytes)?;
            self.skip();
        }
        String::from_utf8(bytes).map_err(|_| self.fault("a text is not UTF-8"))
    }

    fn quoted(&mut self, quote: u8, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        loop {
            match self.next() {
                Some(byte) if byte == quote => return Ok(()),
                None | Some(b'\n') => return Err(self.fault("a text does not end")),
                Some(b'\\') => self.escape(bytes)?,
                Some(byte) => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        let byte = match self.next() {
            Some(b'a') => 7,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'v') => 11,
            Some(same @ (b'"' | b'\'' | b'\\' | b'?')) => same,
            Some(b'x' | b'X') => self.byte_of("", 16, 2)?,
            Some(first @ b'0'..=b'7') => self.byte_of(&char::from(first).to_string(), 8, 2)?,
            Some(b'u') => return self.character(4, bytes),
            Some(b'U') => return self.character(8, bytes),
            _ => return Err(self.fault("an escape is unknown")),
        };
        bytes.push(byte);
        Ok(())
    }

    fn byte_of(&mut self, first: &str, radix: u32, most: usize) -> Result<u8, Fault> {
        let digits = format!("{first}{}", self.digits(radix, most));
        u8::from_str_radix(&digits, radix).map_err(|_| self.fault("an escape is no byte"))
    }

    fn character(&mut self, length: usize, bytes: &mut Vec<u8>) -> Result<(), Fault> {
        let digits = self.digits(16, length);
        let whole = Some(digits).filter(|digits| digits.len() == length);
        let number = whole.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        match number.and_then(char::from_u32) {
            Some(character) => {
                bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
                Ok(())
            }
            None => Err(self.fault("an escape is no character")),
        }
    }

    fn digits(&mut self, radix: u32, most: usize) -> &'a str {
        let mut left = most;
        self.take(|byte| {
            let fits = left > 0 && char::from(byte).is_digit(radix);
            left = left.saturating_sub(1);
            fits
        })
    }

    /// White space and comments.
    fn skip(&mut self) {
        loop {
            self.take(|byte| byte.is_ascii_whitespace() || byte == 11);
            if self.peek() != Some(b'#') {
                return;
            }
            self.take(|byte| byte != b'\n');
        }
    }

    /// The bytes from here on that `belongs` takes; all of them ASCII, or up to one that is.
    fn take(&mut self, mut belongs: impl FnMut(u8) -> bool) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| belongs(*byte)).count();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let eaten = self.peek() == Some(byte);
        self.at += usize::from(eaten);
        eaten
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        let before = self.text.bytes().take(self.at);
        let line = before.filter(|byte| *byte == b'\n').count() + 1;
        let what = what.into();
        Fault { line, what }
    }
}

#[cfg(test)]
mod tests;
