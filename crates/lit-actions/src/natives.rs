//! Native functions that depend only on their arguments. [`bytes`](crate::bytes) says how bytes come and go.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments of JavaScript functions are owned"
)]

use encoding_rs::{DecoderResult, Encoding};
use rquickjs::{Ctx, Exception, Function, Object, TypedArray};
use serde_json::json;
use sha3::{Digest, Keccak256};
use url::{Url, form_urlencoded, quirks};

use crate::{
    bytes::{Bytes, bytes, bytes_of},
    crypto,
    deadline::Deadline,
    script::script,
};

/// Adds the functions to the prelude's object `host`.
pub(crate) fn install<'js>(object: &Object<'js>, deadline: Deadline) -> rquickjs::Result<()> {
    let ctx = object.ctx();
    object.set("random", Function::new(ctx.clone(), random)?)?;
    object.set("uniform", Function::new(ctx.clone(), uniform)?)?;
    object.set("utf8Encode", Function::new(ctx.clone(), utf8_encode)?)?;
    object.set("utf8Decode", Function::new(ctx.clone(), utf8_decode)?)?;
    object.set("encodingOf", Function::new(ctx.clone(), encoding_of)?)?;
    object.set("decodeText", Function::new(ctx.clone(), decode_text)?)?;
    object.set("keccak256", Function::new(ctx.clone(), keccak)?)?;
    object.set("digest", Function::new(ctx.clone(), digest)?)?;
    object.set("library", Function::new(ctx.clone(), library)?)?;
    object.set("parseUrl", Function::new(ctx.clone(), parse_url)?)?;
    object.set("changeUrl", Function::new(ctx.clone(), change_url)?)?;
    object.set("parseQuery", Function::new(ctx.clone(), parse_query)?)?;
    object.set("writeQuery", Function::new(ctx.clone(), write_query)?)?;
    object.set(
        "crypto",
        Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
            crypto::functions(ctx, &deadline)
        })?,
    )
}

/// Loads a rarely used part of the platform, as a function like that of `prelude.js`. It is not an import, because an import would
/// run the action's pending jobs.
fn library<'js>(ctx: Ctx<'js>, name: String) -> rquickjs::Result<Function<'js>> {
    let source = match &*name {
        "ethers" => include_str!("ethers.js"),
        "jwt" => include_str!("jwt.js"),
        "locale" => include_str!("locale.js"),
        "storage" => include_str!("storage.js"),
        "subtle" => include_str!("subtle.js"),
        _ => {
            return Err(Exception::throw_message(
                &ctx,
                &format!("unknown library {name}"),
            ));
        }
    };
    ctx.eval_with_options(source, script(&format!("ext:lit/{name}.js")))
}

fn random(ctx: Ctx<'_>, length: usize) -> rquickjs::Result<Bytes<'_>> {
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

fn utf8_encode(ctx: Ctx<'_>, text: String) -> rquickjs::Result<Bytes<'_>> {
    TypedArray::new_copy(ctx, text.into_bytes())
}

/// Decodes UTF-8. Malformed bytes become U+FFFD, or the result is `None` if `fatal`.
fn utf8_decode(binary: String, fatal: bool) -> Option<String> {
    match String::from_utf8(bytes_of(&binary)) {
        Ok(text) => Some(text),
        Err(_) if fatal => None,
        Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

/// The name of the encoding with a label, in lower case; `None` for unknown labels and for encodings that cannot be decoded.
fn encoding_of(label: String) -> Option<String> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes())?;
    Some(encoding.name().to_ascii_lowercase())
}

/// Decodes bytes; with `stream` more may follow. `None` for malformed bytes if `fatal`, and for an unknown encoding.
fn decode_text(
    encoding: String,
    binary: String,
    fatal: bool,
    keep_bom: bool,
    stream: bool,
) -> Option<String> {
    let encoding = Encoding::for_label(encoding.as_bytes())?;
    let bytes = bytes_of(&binary);
    let mut decoder = if keep_bom {
        encoding.new_decoder_without_bom_handling()
    } else {
        encoding.new_decoder_with_bom_removal()
    };
    let mut text = String::new();
    if fatal {
        text.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len())?);
        let (result, _) = decoder.decode_to_string_without_replacement(&bytes, &mut text, !stream);
        (result == DecoderResult::InputEmpty).then_some(text)
    } else {
        text.reserve(decoder.max_utf8_buffer_length(bytes.len())?);
        let _ = decoder.decode_to_string(&bytes, &mut text, !stream);
        Some(text)
    }
}

fn keccak(ctx: Ctx<'_>, binary: String) -> rquickjs::Result<Bytes<'_>> {
    TypedArray::new_copy(ctx, Keccak256::digest(bytes_of(&binary)))
}

/// A hash by the Web Cryptography name of its function; `None` if the name is unknown.
fn digest<'js>(
    ctx: Ctx<'js>,
    name: String,
    binary: String,
) -> rquickjs::Result<Option<Bytes<'js>>> {
    let hash = crypto::digest(&name, &bytes_of(&binary));
    hash.map(|hash| bytes(ctx, hash)).transpose()
}

/// The parts of a URL in JSON; `None` if it is malformed.
fn parse_url(text: String, base: Option<String>) -> Option<String> {
    let base = base.map(|base| Url::parse(&base)).transpose().ok()?;
    let url = Url::options().base_url(base.as_ref()).parse(&text).ok()?;
    Some(parts(&url))
}

/// The parts of a URL after setting one of them. An invalid value has no effect.
fn change_url(href: String, part: String, value: String) -> Option<String> {
    let mut url = Url::parse(&href).ok()?;
    let _ = match &*part {
        "protocol" => quirks::set_protocol(&mut url, &value),
        "username" => quirks::set_username(&mut url, &value),
        "password" => quirks::set_password(&mut url, &value),
        "host" => quirks::set_host(&mut url, &value),
        "hostname" => quirks::set_hostname(&mut url, &value),
        "port" => quirks::set_port(&mut url, &value),
        "pathname" => {
            quirks::set_pathname(&mut url, &value);
            Ok(())
        }
        "search" => {
            quirks::set_search(&mut url, &value);
            Ok(())
        }
        _ => {
            quirks::set_hash(&mut url, &value);
            Ok(())
        }
    };
    Some(parts(&url))
}

fn parts(url: &Url) -> String {
    json!({
        "href": url.as_str(),
        "origin": quirks::origin(url),
        "protocol": quirks::protocol(url),
        "username": quirks::username(url),
        "password": quirks::password(url),
        "host": quirks::host(url),
        "hostname": quirks::hostname(url),
        "port": quirks::port(url),
        "pathname": quirks::pathname(url),
        "search": quirks::search(url),
        "hash": quirks::hash(url),
    })
    .to_string()
}

/// Name-value pairs in JSON.
fn parse_query(text: String) -> String {
    let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    json!(pairs).to_string()
}

fn write_query(pairs: String) -> String {
    let pairs: Vec<(String, String)> = serde_json::from_str(&pairs).unwrap_or_default();
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}
