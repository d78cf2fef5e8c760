//! The global `jwt`, compared with npm's jsonwebtoken.

use crate::*;

/// `{ a: 1, iat: 1700000000 }` signed by jsonwebtoken 9.0.3: with `s3cret`, and with the keys of the folder.
const TOKENS: &str = include_str!("keys/tokens.json");

/// Keys by their names in the actions.
const KEYS: [(&str, &str); 8] = [
    ("rsa", include_str!("keys/rsa.pem")),
    ("rsaPkcs1", include_str!("keys/rsa_pkcs1.pem")),
    ("rsaPublic", include_str!("keys/rsa_public.pem")),
    ("certificate", include_str!("keys/certificate.pem")),
    ("p256", include_str!("keys/p256.pem")),
    ("p256Sec1", include_str!("keys/p256_sec1.pem")),
    ("p256Public", include_str!("keys/p256_public.pem")),
    ("p521Public", include_str!("keys/p521_public.pem")),
];

/// What a script with `tokens`, `keys` and some helpers makes of `result`, as JSON.
async fn result(script: &str) -> Value {
    let mut request = request(&format!(
        "const AT = 1700000000;
        const part = (value) => Lit.Actions.uint8arrayToString(
            Lit.Actions.uint8arrayFromString(JSON.stringify(value)), 'base64url');
        const attempt = (run) => {{
            try {{ return run() }} catch (error) {{ return `${{error.name}}: ${{error.message}}` }}
        }};
        const verified = (token, key, options) => attempt(() => jwt.verify(token, key, options));
        let result;
        {script};
        setTimeout(() => Lit.Actions.setResponse({{ response: JSON.stringify(result) }}), 0);"
    ));
    let keys: serde_json::Map<String, Value> = KEYS
        .iter()
        .map(|(name, pem)| ((*name).to_owned(), json!(pem)))
        .collect();
    request.js_params.insert("keys".to_owned(), keys.into());
    let tokens = serde_json::from_str(TOKENS).unwrap();
    request.js_params.insert("tokens".to_owned(), tokens);
    let outcome = run(request)
        .await
        .unwrap_or_else(|error| panic!("{script}: {error}"));
    serde_json::from_str(&outcome.response).unwrap()
}

#[tokio::test]
async fn decodes_without_a_key() {
    let script = "
        const none = part({ alg: 'none' });
        result = [
            jwt.decode(tokens.HS256),
            jwt.decode(tokens.HS256, { complete: true }),
            jwt.decode(`${none}.${part('text')}.`),
            jwt.decode(`${none}.${part({ a: 'é' })}.`),
            [undefined, null, '', 5, 'a.b', 'a.b.c', '!.!.!', `${part(null)}.${part({})}.`].map((token) => jwt.decode(token)),
            attempt(() => jwt.decode(`${part({ alg: 'HS256', typ: 'JWT' })}.eA.`)).slice(0, 11),
        ]";
    let signature = serde_json::from_str::<Value>(TOKENS).unwrap()["HS256"]
        .as_str()
        .and_then(|token| token.rsplit_once('.'))
        .unwrap()
        .1
        .to_owned();
    let claims = json!({ "a": 1, "iat": 1_700_000_000 });
    let complete = json!({ "header": { "alg": "HS256", "typ": "JWT" }, "payload": claims, "signature": signature });
    let nothing = json!([null, null, null, null, null, null, null, null]);
    let expected = json!([claims, complete, "\"text\"", { "a": "é" }, nothing, "SyntaxError"]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn tokens_of_the_package_are_verified() {
    let script = "
        const keysOf = { HS: ['s3cret', Lit.Actions.uint8arrayFromString('s3cret')],
            RS: [keys.rsaPublic, keys.certificate, keys.rsa, keys.rsaPkcs1, `a comment\\n${keys.rsaPublic}`],
            PS: [keys.rsaPublic], ES: [keys.p256Public, keys.p256, keys.p256Sec1] };
        result = [];
        for (const algorithm of Object.keys(tokens)) {
            const token = tokens[algorithm];
            const [head, body, signature] = token.split('.');
            const changed = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
            for (const key of keysOf[algorithm.slice(0, 2)]) {
                if (verified(token, key).a !== 1 || verified(token, key, { algorithms: [algorithm] }).a !== 1) result.push(algorithm);
                for (const bad of [`${head}.${body}.${changed}`, `${head}.${part({ a: 2 })}.${signature}`, `${head}.${body}.AAAA`]) {
                    const refusal = verified(bad, key);
                    if (refusal !== 'JsonWebTokenError: invalid signature') result.push([algorithm, refusal]);
                }
            }
        }";
    assert_eq!(result(script).await, json!([]));
}

#[tokio::test]
async fn keys_of_key_sets_verify() {
    // RFC 7515, appendix A.3.
    let script = r#"
        const key = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" };
        const token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        const options = { clockTimestamp: 1300819379 };
        result = [
            verified(token, { key, format: "jwk" }, options).iss,
            verified(token, { key, format: "jwk" }),
            verified(token, { key: { ...key, x: key.y }, format: "jwk" }, options),
            verified(token, { key: { kty: "oct", k: "AA" }, format: "jwk" }, options),
        ]"#;
    let unusable = "JsonWebTokenError: secretOrPublicKey is not valid key material";
    let expected = json!(["joe", "TokenExpiredError: jwt expired", unusable, unusable]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn signs_as_the_package_does() {
    let script = "
        const claims = { a: 1, iat: AT };
        result = Object.keys(tokens).sort().map((algorithm) => {
            const key = { HS: 's3cret', RS: keys.rsa, PS: keys.rsaPkcs1, ES: keys.p256Sec1 }[algorithm.slice(0, 2)];
            const token = jwt.sign(claims, key, { algorithm });
            const again = jwt.sign(claims, key, { algorithm });
            const isVerified = jwt.verify(token, key).a === 1;
            return [algorithm, isVerified, token === tokens[algorithm], token === again];
        })";
    // ECDSA needs no chance, and takes none here, where nodes have to agree; PSS does.
    let expected: Vec<Value> = [
        ("ES256", false, true),
        ("HS256", true, true),
        ("HS384", true, true),
        ("HS512", true, true),
        ("PS256", false, false),
        ("PS384", false, false),
        ("PS512", false, false),
        ("RS256", true, true),
        ("RS384", true, true),
        ("RS512", true, true),
    ]
    .iter()
    .map(|(algorithm, same, again)| json!([algorithm, true, same, again]))
    .collect();
    assert_eq!(result(script).await, json!(expected));
}

#[tokio::test]
async fn unsigned_tokens_and_public_keys_as_secrets_are_refused() {
    let script = "
        const none = `${part({ alg: 'none', typ: 'JWT' })}.${part({ a: 1 })}.`;
        const forged = jwt.sign({ a: 1 }, Lit.Actions.uint8arrayFromString('x'), { algorithm: 'HS256' });
        const der = Lit.Actions.uint8arrayFromString(keys.rsaPublic.split('-----')[2].replace(/\\s/g, ''), 'base64');
        const any = { algorithms: ['HS256', 'RS256', 'none'] };
        result = [
            verified(none, undefined, any), verified(none, '', any), verified(none, keys.rsaPublic, any), verified(none, 's3cret', any),
            attempt(() => jwt.sign({}, 's', { algorithm: 'none' })),
            attempt(() => jwt.sign({}, 's', { header: { alg: 'none' } })),
            ...[keys.rsaPublic, keys.certificate, keys.p256Public, keys.p521Public, der].flatMap((key) => [
                verified(forged, key), verified(forged, key, any), attempt(() => jwt.sign({}, key)),
            ]),
        ]";
    let unsigned = "JsonWebTokenError: jwt signature is required";
    let forged = json!([
        "JsonWebTokenError: invalid algorithm",
        "JsonWebTokenError: secretOrPublicKey must be a symmetric key when using HS256",
        "Error: secretOrPrivateKey must be a symmetric key when using HS256"
    ]);
    // Of a kind that is not supported here: no key of use, but no secret either.
    let unusable = json!([
        "JsonWebTokenError: secretOrPublicKey is not valid key material",
        "JsonWebTokenError: secretOrPublicKey is not valid key material",
        "Error: secretOrPrivateKey is not valid key material"
    ]);
    let mut expected = vec![
        json!(unsigned),
        json!(unsigned),
        json!(unsigned),
        json!(unsigned),
        json!("Error: \"algorithm\" must be a valid string enum value"),
        json!("TypeError: \"none\" is not a valid algorithm."),
    ];
    for refusals in [&forged, &forged, &forged, &unusable, &forged] {
        expected.extend(refusals.as_array().unwrap().iter().cloned());
    }
    assert_eq!(result(script).await, json!(expected));
}

#[tokio::test]
async fn keys_are_held_to_their_algorithms() {
    let script = "
        result = [
            verified(tokens.RS256, keys.p256Public), verified(tokens.RS256, keys.p256Public, { algorithms: ['RS256'] }),
            verified(tokens.ES256, keys.rsaPublic, { algorithms: ['ES256'] }), verified(tokens.ES256, 's3cret', { algorithms: ['ES256'] }),
            verified(tokens.HS256, 's3cret', { algorithms: ['HS512'] }), verified(tokens.HS256, 's3cret', { algorithms: 'HS256' }).a,
            attempt(() => jwt.sign({}, keys.rsa, { algorithm: 'ES256' })), attempt(() => jwt.sign({}, 's', { algorithm: 'RS256' })),
            attempt(() => jwt.sign({}, keys.p256, { algorithm: 'ES384' })), attempt(() => jwt.sign({}, 5)),
            verified(tokens.HS256, 5), verified(tokens.HS256, undefined),
        ]";
    let expected = json!([
        "JsonWebTokenError: invalid algorithm",
        "Error: \"alg\" parameter for \"ec\" key type must be one of: ES256, ES384, ES512.",
        "Error: \"alg\" parameter for \"rsa\" key type must be one of: RS256, PS256, RS384, PS384, RS512, PS512.",
        "JsonWebTokenError: secretOrPublicKey must be an asymmetric key when using ES256",
        "JsonWebTokenError: invalid algorithm",
        1,
        "Error: \"alg\" parameter for \"rsa\" key type must be one of: RS256, PS256, RS384, PS384, RS512, PS512.",
        "Error: secretOrPrivateKey must be an asymmetric key when using RS256",
        "Error: \"alg\" parameter \"ES384\" requires curve \"secp384r1\".",
        "Error: secretOrPrivateKey is not valid key material",
        "JsonWebTokenError: secretOrPublicKey is not valid key material",
        "JsonWebTokenError: secret or public key must be provided",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn claims_are_checked() {
    for (claims, options, expected) in [
        ("exp: AT", "", "TokenExpiredError: jwt expired"),
        ("exp: AT + 1", "", ""),
        ("exp: AT", "clockTolerance: 1", ""),
        ("exp: AT - 9", "ignoreExpiration: true", ""),
        ("nbf: AT + 1", "", "NotBeforeError: jwt not active"),
        ("nbf: AT + 1", "clockTolerance: 1", ""),
        ("nbf: AT + 1", "ignoreNotBefore: true", ""),
        ("aud: 'a'", "audience: 'a'", ""),
        ("aud: ['b', 'a']", "audience: [/z/, 'a']", ""),
        ("aud: 'abc'", "audience: /^a/", ""),
        (
            "aud: 'a'",
            "audience: ['b', 'c']",
            "JsonWebTokenError: jwt audience invalid. expected: b or c",
        ),
        (
            "",
            "audience: 'a'",
            "JsonWebTokenError: jwt audience invalid. expected: a",
        ),
        ("iss: 'i'", "issuer: ['h', 'i']", ""),
        (
            "iss: 'i'",
            "issuer: 'h'",
            "JsonWebTokenError: jwt issuer invalid. expected: h",
        ),
        ("sub: 's'", "subject: 's'", ""),
        (
            "sub: 's'",
            "subject: 't'",
            "JsonWebTokenError: jwt subject invalid. expected: t",
        ),
        (
            "jti: 's'",
            "jwtid: 't'",
            "JsonWebTokenError: jwt jwtid invalid. expected: t",
        ),
        (
            "nonce: 's'",
            "nonce: 't'",
            "JsonWebTokenError: jwt nonce invalid. expected: t",
        ),
        ("iat: AT - 10", "maxAge: 11", ""),
        (
            "iat: AT - 10",
            "maxAge: '10s'",
            "TokenExpiredError: maxAge exceeded",
        ),
        ("iat: AT - 10", "maxAge: '1 minute'", ""),
        (
            "iat: AT - 10",
            "maxAge: '1 moon'",
            "JsonWebTokenError: \"maxAge\" should be a number of seconds or string representing a timespan eg: \
             \"1d\", \"20h\", 60",
        ),
        (
            "",
            "clockTimestamp: 'x'",
            "JsonWebTokenError: clockTimestamp must be a number",
        ),
    ] {
        let script = format!(
            "const token = jwt.sign({{ iat: AT, {claims} }}, 's');
            const outcome = verified(token, 's', {{ clockTimestamp: AT, {options} }});
            result = typeof outcome === 'string' ? outcome : ''"
        );
        assert_eq!(
            result(&script).await,
            json!(expected),
            "{claims} / {options}"
        );
    }
}

#[tokio::test]
async fn what_sign_adds() {
    let script = "
        const payload = { iat: AT };
        const options = { expiresIn: '1h', notBefore: -5, audience: ['a'], issuer: 'i', subject: 's', jwtid: 'j', keyid: 'k',
            header: { typ: 'T' } };
        const { header, payload: claims } = jwt.decode(jwt.sign(payload, 's', options), { complete: true });
        const before = Object.keys(payload).length;
        jwt.sign(payload, 's', { mutatePayload: true, noTimestamp: true, subject: 's' });
        const fresh = jwt.decode(jwt.sign({}, 's')).iat * 1000;
        result = [
            header, claims, before, payload, Math.abs(fresh - Date.now()) < 5000, jwt.decode(jwt.sign('text', 's')),
            attempt(() => jwt.sign({ exp: 1 }, 's', { expiresIn: 1 })), attempt(() => jwt.sign({ aud: 'a' }, 's', { audience: 'b' })),
            attempt(() => jwt.sign({}, 's', { expiresIn: 1.5 })), attempt(() => jwt.sign({}, 's', { unknown: 1 })),
            attempt(() => jwt.sign('text', 's', { issuer: 'i' })), attempt(() => jwt.sign({ exp: 'x' }, 's')),
            attempt(() => jwt.sign([], 's')), attempt(() => jwt.sign(undefined, 's')), attempt(() => jwt.sign({}, '')),
        ]";
    let claims = json!({
        "iat": 1_700_000_000, "exp": 1_700_003_600, "nbf": 1_699_999_995, "aud": ["a"], "iss": "i", "sub": "s", "jti": "j"
    });
    let expected = json!([
        { "alg": "HS256", "typ": "T", "kid": "k" },
        claims,
        1,
        { "sub": "s" },
        true,
        "text",
        "Error: Bad \"options.expiresIn\" option the payload already has an \"exp\" property.",
        "Error: Bad \"options.audience\" option. The payload already has an \"aud\" property.",
        "Error: \"expiresIn\" should be a number of seconds or string representing a timespan",
        "Error: \"unknown\" is not allowed in \"options\"",
        "Error: invalid issuer option for string payload",
        "Error: \"exp\" should be a number of seconds",
        "Error: Expected \"payload\" to be a plain object.",
        "Error: payload is required",
        "Error: secretOrPrivateKey must have a value",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn callbacks_get_errors_and_results() {
    let script = "
        result = [];
        const note = (error, value) => result.push(error ? error.message : value?.a ?? value.split('.').length);
        jwt.verify(tokens.HS256, 's3cret', note);
        jwt.verify(tokens.HS256, 'other', {}, note);
        jwt.verify('x', 's3cret', {}, note);
        jwt.verify(tokens.HS256, (header, done) => done(null, header.alg === 'HS256' ? 's3cret' : ''), note);
        jwt.verify(tokens.HS256, (header, done) => done(new Error('no key')), note);
        jwt.verify('x', () => result.push('asked'), note);
        jwt.verify(tokens.HS256, (header, done) => Promise.resolve('s3cret').then((key) => done(null, key)), {}, note);
        jwt.sign({}, '', note);
        jwt.sign({}, 's', note);
        result.push(attempt(() => jwt.verify(tokens.HS256, () => {})));
        result.push('later')";
    let expected = json!([
        1,
        "invalid signature",
        "jwt malformed",
        1,
        "error in secret or public key callback: no key",
        "jwt malformed",
        "secretOrPrivateKey must have a value",
        "JsonWebTokenError: verify must be called asynchronous if secret or public key is provided as a callback",
        "later",
        1,
        3
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn errors_are_those_of_the_package() {
    let script = "
        let thrown;
        try { jwt.verify(jwt.sign({ exp: AT }, 's'), 's') } catch (error) { thrown = error }
        const { JsonWebTokenError, TokenExpiredError, NotBeforeError } = jwt;
        const early = new NotBeforeError('m', new Date(0));
        result = [thrown, thrown instanceof TokenExpiredError, thrown instanceof JsonWebTokenError, thrown instanceof Error,
            early, early instanceof TokenExpiredError]";
    let expected = json!([
        { "name": "TokenExpiredError", "message": "jwt expired", "expiredAt": "2023-11-14T22:13:20.000Z" },
        true,
        true,
        true,
        { "name": "NotBeforeError", "message": "m", "date": "1970-01-01T00:00:00.000Z" },
        false
    ]);
    assert_eq!(result(script).await, expected);
    let error = exception("jwt.verify('x', 's')").await;
    let (message, place) = error.split_once('\n').unwrap();
    assert_eq!(message, "Uncaught JsonWebTokenError: jwt malformed");
    assert!(
        place.starts_with("    at <user_provided_script>:1:"),
        "{place}"
    );
    assert!(!place.contains('\n'), "{place}");
}

#[tokio::test]
async fn it_is_one_object_that_an_action_may_replace() {
    assert_eq!(
        value("[jwt === jwt, jwt === globalThis.jwt, Object.keys(globalThis).includes('ethers')]")
            .await,
        json!([true, true, false])
    );
    assert_eq!(
        value("(jwt.verify = () => 1, jwt.verify())").await,
        json!(1)
    );
}
