//! A chat that nobody waits for, and the prompt that a chat becomes.

use std::ffi::c_char;

use amaas_core::Chat;

use crate::arguments::{Place, object};
use crate::boundary::{call, give};
use crate::error::amaas_error;
use crate::generate_options::amaas_generate_options;
use crate::generation::{said, said_of};
use crate::route::amaas_route;
use crate::status::amaas_status;
use crate::text::{Text, amaas_text};
use crate::ticket::{Kind, amaas_ticket};

/// As `amaas_route_chat`, without waiting: the messages, the tools and `options` are copied before it
/// returns. What comes of them comes through the ticket, by `amaas_ticket_generation`; the error here is
/// of the arguments alone, JSON that is no chat included. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_chat`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_chat(
    route: *const amaas_route,
    messages: *const c_char,
    tools: *const c_char,
    options: *const amaas_generate_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (messages, tools) = said_of(messages, tools)?;
        let chat = Chat::from_json(messages, tools)?;
        let ticket = route.submit_chat(chat, &said(options));
        out.write(give(amaas_ticket(Kind::Generate(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// The text that the model would go on from in a chat: what the package's template makes of the messages
/// and the tools, which are passed as to `amaas_route_chat`. Nothing is written and nothing counted. The
/// caller owns `out`.
///
/// `AMAAS_STATUS_UNSUPPORTED` when the model has another task or the package no chat template;
/// `AMAAS_STATUS_INVALID_ARGUMENT` for JSON that is no chat, and for what the template refuses.
///
/// # Safety
/// `route` is live, `messages` and `tools` end in NUL, `tools` may be NULL, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_chat_prompt(
    route: *const amaas_route,
    messages: *const c_char,
    tools: *const c_char,
    out: *mut *mut amaas_text,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let make = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let (messages, tools) = said_of(messages, tools)?;
        let prompt = route.chat_prompt(&Chat::from_json(messages, tools)?)?;
        out.write(give(amaas_text(Text::new(prompt))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, make) }
}
