//! A chat: messages, and the tools that the model may call.

use serde_json::{Map, Value, json};

use crate::{Error, ErrorKind, Result};

/// What a prompt is made of by the package's chat template.
///
/// ```
/// use amaas_core::Chat;
///
/// let chat = Chat::new([("system", "Answer in one word."), ("user", "What is the capital of France?")]);
/// assert_eq!(chat.messages[1]["role"], "user");
///
/// let same = Chat::from_json(r#"[{"role": "user", "content": "Hello"}]"#, None)?;
/// assert!(same.add_generation_prompt);
/// # Ok::<(), amaas_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chat {
    /// A list of `{"role": …, "content": …}`, and whatever else the model's template reads.
    pub messages: Value,
    /// The tools the model may call, as the field writes them: JSON schemas of functions. How the
    /// model writes a call is its own affair; it is part of the text that comes back.
    pub tools: Option<Value>,
    /// Whether the prompt ends where the model's answer begins.
    pub add_generation_prompt: bool,
    /// Further values for the template, by name.
    pub values: Map<String, Value>,
}

impl Chat {
    /// A chat of roles and what they said.
    pub fn new<R: Into<String>, C: Into<String>>(
        messages: impl IntoIterator<Item = (R, C)>,
    ) -> Self {
        let message = |(role, content): (R, C)| {
            let (role, content): (String, String) = (role.into(), content.into());
            json!({"role": role, "content": content})
        };
        Self::of(messages.into_iter().map(message).collect(), None)
    }

    /// A chat as JSON writes it: a list of messages, and a list of tools.
    ///
    /// # Errors
    /// `InvalidArgument` when either is no JSON, or no list.
    pub fn from_json(messages: &str, tools: Option<&str>) -> Result<Self> {
        let tools = tools.map(|tools| list("tools", tools)).transpose()?;
        Ok(Self::of(list("messages", messages)?, tools))
    }

    fn of(messages: Value, tools: Option<Value>) -> Self {
        Self {
            messages,
            tools,
            add_generation_prompt: true,
            values: Map::new(),
        }
    }
}

fn list(what: &str, text: &str) -> Result<Value> {
    // The cause may repeat what a user wrote.
    match serde_json::from_str(text) {
        Ok(value @ Value::Array(_)) => Ok(value),
        _ => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("the {what} are no JSON list"),
        )
        .advise("pass a list of objects")),
    }
}
