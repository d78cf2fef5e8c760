//! What an action finds on Datil and on the embedded network.

use std::collections::HashSet;

use lit_actions::ActionRequest;
use lit_sdk::types::strict_json;
use serde::Deserialize;

use crate::error::Error;

/// The globals of the language in V8.
const LANGUAGE: &str = "
    AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
    FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map Math NaN
    Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError TypeError
    URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly decodeURI decodeURIComponent
    encodeURI encodeURIComponent escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape";

/// The globals of Deno 2.2, without WebGPU and without the globals that nodes remove.
const DENO: &str = "
    AbortController AbortSignal Blob BroadcastChannel Buffer ByteLengthQueuingStrategy Cache CacheStorage CloseEvent CompressionStream
    CountQueuingStrategy Crypto CryptoKey CustomEvent DOMException DecompressionStream Deno ErrorEvent Event EventSource EventTarget
    File FileReader FormData Headers ImageBitmap ImageData Location MessageChannel MessageEvent MessagePort Navigator Performance
    PerformanceEntry PerformanceMark PerformanceMeasure ProgressEvent PromiseRejectionEvent ReadableByteStreamController
    ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader
    Request Response Storage SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream TransformStream
    TransformStreamDefaultController URL URLPattern URLSearchParams WebSocket Window WritableStream WritableStreamDefaultController
    WritableStreamDefaultWriter addEventListener alert atob btoa caches clearImmediate clearInterval clearTimeout close closed confirm
    console createImageBitmap crypto dispatchEvent fetch localStorage location name navigator onbeforeunload onerror onload
    onunhandledrejection onunload performance process prompt queueMicrotask removeEventListener reportError self sessionStorage
    setImmediate setInterval setTimeout structuredClone";

/// The globals that nodes add.
const LIT: &str = "Lit LitActions LitAuth LitHeaders ethers global jwt";

/// The functions of `Lit.Actions` on Datil.
const ACTIONS: &str = "
    aesDecrypt broadcastAndCollect call callContract checkConditions claimKey decryptAndCombine decryptToSingleNode encrypt
    ethPersonalSignMessageEcdsa getLatestNonce getPermittedActions getPermittedAddresses getPermittedAuthMethodScopes
    getPermittedAuthMethods getRpcUrl isPermittedAction isPermittedAddress isPermittedAuthMethod pubkeyToTokenId runOnce setResponse
    signAndCombineEcdsa signEcdsa uint8arrayFromString uint8arrayToString";

/// Names that one network has.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) globals: HashSet<String>,
    pub(crate) actions: HashSet<String>,
}

impl Platform {
    pub(crate) fn datil() -> Self {
        let words = |lists: &[&str]| {
            let words = lists.iter().flat_map(|list| list.split_whitespace());
            words.map(ToOwned::to_owned).collect()
        };
        Self {
            globals: words(&[LANGUAGE, DENO, LIT]),
            actions: words(&[ACTIONS]),
        }
    }

    /// Asks the engine itself.
    pub(crate) async fn embedded() -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Found {
            globals: HashSet<String>,
            actions: HashSet<String>,
        }
        const ASK: &str = "Lit.Actions.setResponse({ response: JSON.stringify({
            globals: Object.getOwnPropertyNames(globalThis), actions: Object.keys(Lit.Actions) }) })";
        let answer = lit_actions::run(ActionRequest::new(ASK)).await;
        let answer = answer.map_err(Error::LocalAction)?.response;
        let Found {
            globals,
            mut actions,
        } = strict_json::from_str(&answer)?;
        actions.extend(lit_node::action_functions().iter().map(ToString::to_string));
        Ok(Self { globals, actions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// DIFFERENCES.md names what is in the first list.
    #[tokio::test]
    async fn the_embedded_network_has_all_functions_and_most_globals() {
        let (datil, embedded) = (Platform::datil(), Platform::embedded().await.unwrap());
        assert_eq!(datil.actions, embedded.actions);
        for name in ["WebAssembly", "Intl", "Deno", "Blob"] {
            assert!(datil.globals.contains(name), "{name}");
            assert!(!embedded.globals.contains(name), "{name}");
        }
        for name in [
            "fetch",
            "ethers",
            "jwt",
            "crypto",
            "LitAuth",
            "undefined",
            "console",
            "localStorage",
        ] {
            assert!(datil.globals.contains(name), "{name}");
            assert!(embedded.globals.contains(name), "{name}");
        }
    }
}
