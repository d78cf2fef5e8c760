//! Native functions that depend only on their arguments. [`bytes`](crate::bytes) says how bytes come and go.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]

use std::cell::RefCell;

use encoding_rs::{Decoder, DecoderResult, Encoding};
use rquickjs::{Ctx, Exception, Function, Object, String as JsString, TypedArray};
use serde::{Serialize, Serializer};
use sha3::{Digest, Keccak256};
use url::{Url, form_urlencoded, quirks};

use crate::{
    bytes::{Bytes, Input, Text, bytes},
    crypto,
    deadline::Deadline,
    memory::Memory,
};

/// The room for the state of a `TextDecoder`.
const DECODER: usize = 512;

/// Adds the functions to the prelude's object `host`.
pub(crate) fn install<'js>(
    object: &Object<'js>,
    deadline: Deadline,
    memory: &Memory,
) -> rquickjs::Result<()> {
    let ctx = object.ctx();
    object.set("uniform", Function::new(ctx.clone(), uniform)?)?;
    object.set("utf8Encode", Function::new(ctx.clone(), utf8_encode)?)?;
    object.set("encodingOf", Function::new(ctx.clone(), encoding_of)?)?;
    let room = memory.clone();
    object.set(
        "random",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, length| {
            random(ctx, &room, length)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "utf8Decode",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, binary, fatal| {
            utf8_decode(ctx, &room, binary, fatal)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "decoder",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, encoding: Text<'js>, fatal, keep_bom| {
                decoder(&ctx, &room, &encoding, fatal, keep_bom)
            },
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "keccak256",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, binary| {
            let hash = Keccak256::digest(&*Input::read(&ctx, &room, binary)?);
            TypedArray::<u8>::new_copy(ctx, hash)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "digest",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, name: Text<'js>, binary| digest(ctx, &room, &name, binary),
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "parseUrl",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, text: Text<'js>, base| {
            parse_url(&ctx, &room, &text, base)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "changeUrl",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, href: Text<'js>, part: Text<'js>, value: Text<'js>| {
                change_url(&ctx, &room, &href, &part, &value)
            },
        )?,
    )?;
    let room = memory.clone();
    object.set(
        "parseQuery",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, text: Text<'js>| {
            parse_query(&ctx, &room, &text)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "writeQuery",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>, pairs: Text<'js>| {
            write_query(&ctx, &room, &pairs)
        })?,
    )?;
    let room = memory.clone();
    object.set(
        "crypto",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
            crypto::functions(&ctx, &deadline, &room)
        })?,
    )
}

fn random<'js>(ctx: Ctx<'js>, memory: &Memory, length: usize) -> rquickjs::Result<Bytes<'js>> {
    let _room = memory.room(&ctx, length.saturating_mul(2))?;
    let mut bytes = vec![0; length];
    getrandom::getrandom(&mut bytes)
        .map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    TypedArray::new_copy(ctx, bytes)
}

/// A number from 0 to 1, without 1, in steps of 2^-53.
fn uniform(ctx: Ctx<'_>) -> rquickjs::Result<f64> {
    const STEPS: f64 = (1_u64 << 53) as f64;
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes)
        .map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    Ok((u64::from_ne_bytes(bytes) >> 11) as f64 / STEPS)
}

fn utf8_encode<'js>(ctx: Ctx<'js>, text: Text<'js>) -> rquickjs::Result<Bytes<'js>> {
    TypedArray::new_copy(ctx, text.as_bytes())
}

/// Decodes UTF-8. Malformed bytes become U+FFFD, or the result is `None` if `fatal`.
fn utf8_decode<'js>(
    ctx: Ctx<'js>,
    memory: &Memory,
    binary: Text<'js>,
    fatal: bool,
) -> rquickjs::Result<Option<JsString<'js>>> {
    let bytes = Input::read(&ctx, memory, binary)?;
    if let Ok(text) = std::str::from_utf8(&bytes) {
        return JsString::from_str(ctx, text).map(Some);
    }
    if fatal {
        return Ok(None);
    }
    // Each malformed byte becomes a character of three bytes.
    let _room = memory.room(&ctx, bytes.len().saturating_mul(3))?;
    JsString::from_str(ctx.clone(), &String::from_utf8_lossy(&bytes)).map(Some)
}

/// The name of the encoding with a label, in lower case; `None` for unknown labels and for encodings that cannot be decoded.
fn encoding_of(label: Text<'_>) -> Option<String> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    Some(encoding.name().to_ascii_lowercase())
}

/// A function that decodes bytes; with `stream` more may follow. It returns `None` for malformed bytes if `fatal`.
fn decoder<'js>(
    ctx: &Ctx<'js>,
    memory: &Memory,
    encoding: &str,
    fatal: bool,
    keep_bom: bool,
) -> rquickjs::Result<Function<'js>> {
    let encoding = Encoding::for_label(encoding.as_bytes())
        .ok_or_else(|| Exception::throw_range(ctx, "unknown encoding"))?;
    let state = RefCell::<Option<Decoder>>::default();
    let room = memory.clone();
    let function = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>, binary: Text<'js>, stream: bool| {
            let bytes = Input::read(&ctx, &room, binary)?;
            let mut decoder = state.take().unwrap_or_else(|| {
                if keep_bom {
                    encoding.new_decoder_without_bom_handling()
                } else {
                    encoding.new_decoder_with_bom_removal()
                }
            });
            let length = if fatal {
                decoder.max_utf8_buffer_length_without_replacement(bytes.len())
            } else {
                decoder.max_utf8_buffer_length(bytes.len())
            };
            let length = length.unwrap_or(usize::MAX);
            let _room = room.room(&ctx, length)?;
            let mut text = String::with_capacity(length);
            let is_valid = if fatal {
                let (result, _) =
                    decoder.decode_to_string_without_replacement(&bytes, &mut text, !stream);
                result == DecoderResult::InputEmpty
            } else {
                let _ = decoder.decode_to_string(&bytes, &mut text, !stream);
                true
            };
            if !is_valid {
                return Ok(None);
            }
            if stream {
                state.replace(Some(decoder));
            }
            JsString::from_str(ctx.clone(), &text).map(Some)
        },
    )?;
    // As long as the function lives.
    function.set("room", memory.buffer(ctx, DECODER)?)?;
    Ok(function)
}

/// A hash by the Web Cryptography name of its function; `None` if the name is unknown.
fn digest<'js>(
    ctx: Ctx<'js>,
    memory: &Memory,
    name: &str,
    binary: Text<'js>,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let hash = crypto::digest(name, &Input::read(&ctx, memory, binary)?);
    hash.map(|hash| bytes(ctx, hash)).transpose()
}

/// How many times as long a URL is after parsing: each byte may become three, and its buffer doubles.
const PARSED: usize = 4;

/// The parts of a URL in JSON; `None` if it is malformed.
fn parse_url<'js>(
    ctx: &Ctx<'js>,
    memory: &Memory,
    text: &str,
    base: Option<Text<'js>>,
) -> rquickjs::Result<Option<String>> {
    let length = text.len() + base.as_deref().map_or(0, str::len);
    let _room = memory.room(ctx, length.saturating_mul(2 * PARSED))?;
    let Ok(base) = base.map(|base| Url::parse(&base)).transpose() else {
        return Ok(None);
    };
    let url = Url::options().base_url(base.as_ref()).parse(text);
    url.ok().map(|url| parts(ctx, memory, &url)).transpose()
}

/// The parts of a URL after setting one of them. An invalid value has no effect.
fn change_url(
    ctx: &Ctx<'_>,
    memory: &Memory,
    href: &str,
    part: &str,
    value: &str,
) -> rquickjs::Result<Option<String>> {
    let length = href.len() + value.len();
    let _room = memory.room(ctx, length.saturating_mul(2 * PARSED))?;
    let Ok(mut url) = Url::parse(href) else {
        return Ok(None);
    };
    let _ = match part {
        "protocol" => quirks::set_protocol(&mut url, value),
        "username" => quirks::set_username(&mut url, value),
        "password" => quirks::set_password(&mut url, value),
        "host" => quirks::set_host(&mut url, value),
        "hostname" => quirks::set_hostname(&mut url, value),
        "port" => quirks::set_port(&mut url, value),
        "pathname" => {
            quirks::set_pathname(&mut url, value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, value);
            Ok(())
        }
    };
    parts(ctx, memory, &url).map(Some)
}

fn parts(ctx: &Ctx<'_>, memory: &Memory, url: &Url) -> rquickjs::Result<String> {
    #[derive(Serialize)]
    struct Parts<'a> {
        href: &'a str,
        origin: &'a str,
        protocol: &'a str,
        username: &'a str,
        password: &'a str,
        host: &'a str,
        hostname: &'a str,
        port: &'a str,
        pathname: &'a str,
        search: &'a str,
        hash: &'a str,
    }
    let origin = quirks::origin(url);
    let parts = Parts {
        href: url.as_str(),
        origin: &origin,
        protocol: quirks::protocol(url),
        username: quirks::username(url),
        password: quirks::password(url),
        host: quirks::host(url),
        hostname: quirks::hostname(url),
        port: quirks::port(url),
        pathname: quirks::pathname(url),
        search: quirks::search(url),
        hash: quirks::hash(url),
    };
    let Parts { host, hostname, .. } = parts;
    // The other parts do not overlap.
    let length = 2 * url.as_str().len() + origin.len() + host.len() + hostname.len();
    // Backslashes are written as two.
    let _room = memory.room(ctx, length.saturating_mul(4))?;
    json(ctx, &parts)
}

fn json(ctx: &Ctx<'_>, value: &impl Serialize) -> rquickjs::Result<String> {
    serde_json::to_string(value).map_err(|error| Exception::throw_message(ctx, &error.to_string()))
}

/// Name-value pairs in JSON.
fn parse_query(ctx: &Ctx<'_>, memory: &Memory, text: &str) -> rquickjs::Result<String> {
    // `a&` becomes `["a",""],`, a control character six bytes, and the buffer doubles.
    let _room = memory.room(ctx, text.len().saturating_mul(16))?;
    let mut pairs = Vec::new();
    serde_json::Serializer::new(&mut pairs)
        .collect_seq(form_urlencoded::parse(text.as_bytes()))
        .map_err(|error| Exception::throw_message(ctx, &error.to_string()))?;
    Ok(String::from_utf8(pairs)?)
}

fn write_query(ctx: &Ctx<'_>, memory: &Memory, pairs: &str) -> rquickjs::Result<String> {
    // `["",""],` becomes two strings, and the buffers double.
    let _room = memory.room(ctx, pairs.len().saturating_mul(24))?;
    let pairs: Vec<(String, String)> = serde_json::from_str(pairs).unwrap_or_default();
    Ok(form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish())
}
