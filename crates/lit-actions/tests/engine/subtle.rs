//! `crypto.subtle` besides `digest`, tested with the vectors of the standards.

use crate::*;

/// What the last expression of an asynchronous script gives, as JSON; an error is its name.
async fn result(script: &str) -> Value {
    let code = format!(
        "const {{ subtle }} = crypto;
        const hex = (bytes) => Lit.Actions.uint8arrayToString(new Uint8Array(bytes), 'hex');
        const bytes = (text) => Lit.Actions.uint8arrayFromString(text, 'hex');
        const text = (text) => new TextEncoder().encode(text);
        const der = (pem) => Lit.Actions.uint8arrayFromString(pem.split('-----')[2].replace(/\\s/g, ''), 'base64');
        const attempt = async (run) => {{
            try {{ return await run() }} catch (error) {{ return error.name }}
        }};
        const show = ({{ type, extractable, algorithm, usages }}) => [type, extractable, algorithm, usages];
        (async () => {{
            {script}
        }})().then((value) => Lit.Actions.setResponse({{ response: JSON.stringify(value) }}));"
    );
    serde_json::from_str(&outcome(&code).await.response).unwrap()
}

#[tokio::test]
async fn hmac() {
    // RFC 4231, test case 2.
    let script = "
        const key = await subtle.importKey('raw', text('Jefe'), { name: 'hmac', hash: 'sha-256' }, true, ['verify', 'sign']);
        const data = text('what do ya want for nothing?');
        const signature = await subtle.sign('HMAC', key, data);
        const made = await subtle.generateKey({ name: 'HMAC', hash: { name: 'SHA-512' } }, true, ['sign']);
        const jwk = await subtle.exportKey('jwk', key);
        const again = await subtle.importKey('jwk', jwk, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
        return [show(key), hex(signature), await subtle.verify('HMAC', again, signature, data),
            await subtle.verify('HMAC', key, signature, text('what')), jwk, show(made),
            (await subtle.exportKey('raw', made)).byteLength, signature instanceof ArrayBuffer];";
    let algorithm = |hash: &str, length: u16| json!({ "name": "HMAC", "hash": { "name": hash }, "length": length });
    let expected = json!([
        ["secret", true, algorithm("SHA-256", 32), ["verify", "sign"]],
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        true,
        false,
        { "key_ops": ["verify", "sign"], "ext": true, "kty": "oct", "k": "SmVmZQ", "alg": "HS256" },
        ["secret", true, algorithm("SHA-512", 1024), ["sign"]],
        128,
        true,
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn aes_gcm() {
    // Test case 2 of the GCM specification.
    let script = "
        const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['encrypt', 'decrypt']);
        const iv = new Uint8Array(12);
        const ciphertext = await subtle.encrypt({ name: 'AES-GCM', iv }, key, new Uint8Array(16));
        const made = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
        const params = { name: 'AES-GCM', iv, additionalData: text('more'), tagLength: 128 };
        const sealed = await subtle.encrypt(params, made, text('text'));
        const open = (params, change) => attempt(async () => hex(await subtle.decrypt(params, made, change(sealed))));
        return [hex(ciphertext), hex(await subtle.decrypt({ name: 'AES-GCM', iv }, key, ciphertext)), show(made),
            await open(params, (sealed) => sealed), await open(params, (sealed) => sealed.slice(1)),
            await open({ ...params, additionalData: text('other') }, (sealed) => sealed),
            await open({ ...params, iv: new Uint8Array(16) }, (sealed) => sealed),
            await open({ ...params, tagLength: 5 }, (sealed) => sealed)];";
    let expected = json!([
        "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf",
        "00000000000000000000000000000000",
        ["secret", true, { "name": "AES-GCM", "length": 256 }, ["encrypt", "decrypt"]],
        "74657874",
        "OperationError",
        "OperationError",
        "NotSupportedError",
        "OperationError",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn aes_cbc() {
    // NIST SP 800-38A, F.2.1, F.2.3 and F.2.5, first blocks; what follows them is the padding.
    let script = "
        const iv = bytes('000102030405060708090a0b0c0d0e0f');
        const block = bytes('6bc1bee22e409f96e93d7e117393172a');
        const results = [];
        for (const key of ['2b7e151628aed2a6abf7158809cf4f3c', '8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b',
            '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4']) {
            const imported = await subtle.importKey('raw', bytes(key), 'AES-CBC', false, ['encrypt', 'decrypt']);
            const ciphertext = await subtle.encrypt({ name: 'AES-CBC', iv }, imported, block);
            const plain = await subtle.decrypt({ name: 'AES-CBC', iv }, imported, ciphertext);
            const bad = await attempt(() => subtle.decrypt({ name: 'AES-CBC', iv }, imported, ciphertext.slice(0, 16)));
            results.push([ciphertext.byteLength, hex(ciphertext.slice(0, 16)), hex(plain) === hex(block), bad]);
        }
        return results;";
    let expected: Vec<Value> = [
        "7649abac8119b246cee98e9b12e9197d",
        "4f021db243bc633d7178183a9fa071e8",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
    ]
    .iter()
    .map(|block| json!([32, block, true, "OperationError"]))
    .collect();
    assert_eq!(result(script).await, json!(expected));
}

#[tokio::test]
async fn ecdsa() {
    // RFC 6979, A.2.5.
    let script = "
        const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
        const base64 = (hex) => Lit.Actions.uint8arrayToString(bytes(hex), 'base64url');
        const [x, y, d] = ['60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
            '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
            'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721'];
        const jwk = { kty: 'EC', crv: 'P-256', x: base64(x), y: base64(y) };
        const key = await subtle.importKey('jwk', { ...jwk, d: base64(d) }, algorithm, false, ['sign']);
        const publicKey = await subtle.importKey('raw', bytes(`04${x}${y}`), algorithm, true, ['verify']);
        const signed = (hash) => subtle.sign({ name: 'ECDSA', hash }, key, text('sample'));
        const verified = (hash, signature) => subtle.verify({ name: 'ECDSA', hash }, publicKey, signature, text('sample'));
        const signature = await signed('SHA-256');
        return [hex(signature), await verified('SHA-256', signature), await verified('SHA-384', signature),
            await verified('SHA-512', await signed('SHA-512')), await verified('SHA-256', new Uint8Array(3)),
            show(publicKey), hex(await subtle.exportKey('raw', publicKey)) === `04${x}${y}`,
            await attempt(() => subtle.importKey('jwk', { ...jwk, y: jwk.x }, algorithm, true, ['verify'])),
            await attempt(() => subtle.importKey('jwk', jwk, { ...algorithm, namedCurve: 'P-384' }, true, ['verify']))];";
    let expected = json!([
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
         f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        true,
        false,
        true,
        false,
        ["public", true, { "name": "ECDSA", "namedCurve": "P-256" }, ["verify"]],
        true,
        "DataError",
        "NotSupportedError",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn ed25519() {
    // RFC 8032, 7.1, test 1.
    let script = "
        const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
        const point = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
        const pkcs8 = bytes(`302e020100300506032b657004220420${seed}`);
        const key = await subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
        const publicKey = await subtle.importKey('spki', bytes(`302a300506032b6570032100${point}`), 'Ed25519', true, ['verify']);
        const signature = await subtle.sign('Ed25519', key, new Uint8Array(0));
        return [hex(signature), await subtle.verify('Ed25519', publicKey, signature, new Uint8Array(0)),
            await subtle.verify('Ed25519', publicKey, signature, text('x')), hex(await subtle.exportKey('raw', publicKey)) === point];";
    let expected = json!([
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246551\
         41438e7a100b",
        true,
        false,
        true,
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn rsa() {
    let script = format!(
        "const {{ RS384 }} = {};
        const [pkcs8, spki] = [der(`{}`), der(`{}`)];
        const [signed, expected] = [RS384.slice(0, RS384.lastIndexOf('.')), RS384.slice(RS384.lastIndexOf('.') + 1)];
        const results = [];
        for (const [name, parameters] of [['RSASSA-PKCS1-v1_5', {{}}], ['RSA-PSS', {{ saltLength: 48 }}]]) {{
            const algorithm = {{ name, hash: 'SHA-384' }};
            const key = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
            const publicKey = await subtle.importKey('spki', spki, algorithm, false, ['verify']);
            const signature = await subtle.sign({{ name, ...parameters }}, key, text(signed));
            const same = Lit.Actions.uint8arrayToString(new Uint8Array(signature), 'base64url') === expected;
            const verified = (text) => subtle.verify({{ name, ...parameters }}, publicKey, signature, text);
            results.push([same, await verified(text(signed)), await verified(text('other')), show(publicKey)[2].modulusLength,
                [...publicKey.algorithm.publicExponent]]);
        }}
        return results;",
        include_str!("keys/tokens.json"),
        include_str!("keys/rsa.pem"),
        include_str!("keys/rsa_public.pem"),
    );
    let expected = |same: bool| json!([same, true, false, 2048, [1, 0, 1]]);
    assert_eq!(
        result(&script).await,
        json!([expected(true), expected(false)])
    );
}

#[tokio::test]
async fn refusals_have_the_names_of_the_standard() {
    let script = "
        const raw = (...values) => subtle.importKey('raw', ...values);
        const hmac = { name: 'HMAC', hash: 'SHA-256' };
        const key = await raw(new Uint8Array(16), hmac, false, ['verify']);
        const aes = await raw(new Uint8Array(16), 'AES-CBC', true, ['encrypt']);
        const jwk = (jwk) => subtle.importKey('jwk', { kty: 'oct', k: 'AAEC', ...jwk }, hmac, true, ['sign']);
        const results = [];
        for (const run of [
            () => raw(new Uint8Array(16), 'AES-XYZ', true, ['encrypt']), () => raw(new Uint8Array(16), hmac, true, []),
            () => raw(new Uint8Array(16), hmac, true, ['encrypt']), () => raw(new Uint8Array(16), hmac, true, ['bogus']),
            () => raw(new Uint8Array(0), hmac, true, ['sign']), () => raw(new Uint8Array(15), 'AES-CBC', true, ['encrypt']),
            () => raw('text', hmac, true, ['sign']), () => raw(new Uint8Array(16), 'HMAC', true, ['sign']),
            () => jwk({ kty: 'RSA' }), () => jwk({ alg: 'HS512' }), () => jwk({ use: 'enc' }), () => jwk({ ext: false }),
            () => jwk({ key_ops: ['verify'] }), () => subtle.sign('HMAC', key, new Uint8Array(1)),
            () => subtle.verify('Ed25519', key, new Uint8Array(1), new Uint8Array(1)), () => subtle.exportKey('raw', key),
            () => subtle.sign('HMAC', {}, new Uint8Array(1)), () => subtle.decrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, aes, key),
            () => subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(15) }, aes, new Uint8Array(1)),
            () => subtle.encrypt('AES-CBC', aes, new Uint8Array(1)), () => subtle.exportKey('spki', aes),
            () => subtle.generateKey({ name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: bytes('010001') }, true, ['sign']),
            () => subtle.importKey('spki', new Uint8Array(9), 'Ed25519', true, ['verify']),
        ]) results.push(await attempt(run));
        return results;";
    let expected = json!([
        "NotSupportedError",
        "SyntaxError",
        "SyntaxError",
        "TypeError",
        "DataError",
        "DataError",
        "TypeError",
        "TypeError",
        "DataError",
        "DataError",
        "DataError",
        "DataError",
        "DataError",
        "InvalidAccessError",
        "InvalidAccessError",
        "InvalidAccessError",
        "TypeError",
        "TypeError",
        "OperationError",
        "TypeError",
        "NotSupportedError",
        "NotSupportedError",
        "DataError",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn derivation() {
    // RFC 6070 (2 iterations), RFC 5869 (test case 1) and RFC 5903 (8.1).
    let script = "
        const pbkdf2 = await subtle.importKey('raw', text('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
        const slow = { name: 'PBKDF2', hash: 'SHA-1', salt: text('salt'), iterations: 2 };
        const hkdf = await subtle.importKey('raw', bytes('0b'.repeat(22)), 'HKDF', false, ['deriveBits', 'deriveKey']);
        const fast = { name: 'HKDF', hash: 'SHA-256', salt: bytes('000102030405060708090a0b0c'), info: bytes('f0f1f2f3f4f5f6f7f8f9') };
        const aes = await subtle.deriveKey(fast, hkdf, { name: 'AES-GCM', length: 256 }, true, ['encrypt']);
        const mac = await subtle.deriveKey(slow, pbkdf2, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
        return [show(pbkdf2), hex(await subtle.deriveBits(slow, pbkdf2, 160)), hex(await subtle.deriveBits(fast, hkdf, 336)),
            show(aes), hex(await subtle.exportKey('raw', aes)), show(mac),
            await attempt(() => subtle.deriveBits(fast, hkdf, 255 * 256 + 8)), await attempt(() => subtle.deriveBits(fast, hkdf, 12)),
            await attempt(() => subtle.deriveBits(fast, hkdf, null)), await attempt(() => subtle.deriveBits({ ...slow, iterations: 0 }, pbkdf2, 8)),
            await attempt(() => subtle.deriveBits(fast, pbkdf2, 8)), await attempt(() => subtle.deriveBits({ ...fast, salt: undefined }, hkdf, 8)),
            await attempt(() => subtle.importKey('raw', text('x'), 'HKDF', true, ['deriveBits'])),
            await attempt(() => subtle.importKey('jwk', {}, 'HKDF', false, ['deriveBits'])),
            await attempt(() => subtle.importKey('raw', text('x'), 'PBKDF2', false, ['sign']))];";
    let okm =
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    let expected = json!([
        ["secret", false, { "name": "PBKDF2" }, ["deriveBits", "deriveKey"]],
        "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
        okm,
        ["secret", true, { "name": "AES-GCM", "length": 256 }, ["encrypt"]],
        &okm[..64],
        ["secret", true, { "name": "HMAC", "hash": { "name": "SHA-256" }, "length": 512 }, ["sign"]],
        "OperationError",
        "OperationError",
        "OperationError",
        "OperationError",
        "InvalidAccessError",
        "TypeError",
        "SyntaxError",
        "NotSupportedError",
        "SyntaxError",
    ]);
    assert_eq!(result(script).await, expected);
}

#[tokio::test]
async fn shared_secrets() {
    // RFC 5903, section 8.1.
    let script = "
        const P256 = { name: 'ECDH', namedCurve: 'P-256' };
        const url = (hex) => Lit.Actions.uint8arrayToString(bytes(hex), 'base64url');
        const x = 'dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180';
        const y = '5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3';
        const own = { kty: 'EC', crv: 'P-256', x: url(x), y: url(y), d: url('c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433') };
        const i = await subtle.importKey('jwk', own, P256, false, ['deriveBits']);
        const r = await subtle.importKey('raw', bytes('04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab'), P256, true, []);
        const [a, b] = [await subtle.generateKey(P256, true, ['deriveKey', 'deriveBits']), await subtle.generateKey(P256, false, ['deriveBits'])];
        const of = (key, other, length) => subtle.deriveBits({ name: 'ECDH', public: other }, key, length);
        const aes = await subtle.deriveKey({ name: 'ECDH', public: b.publicKey }, a.privateKey, { name: 'AES-CBC', length: 128 }, true, ['encrypt']);
        const both = [hex(await of(a.privateKey, b.publicKey, 256)), hex(await of(b.privateKey, a.publicKey))];
        return [show(i), show(r), hex(await of(i, r, 256)), hex(await of(i, r, 64)), both[0] === both[1], both[0].startsWith(hex(await subtle.exportKey('raw', aes))),
            show(a.publicKey), show(b.privateKey), (await subtle.exportKey('raw', a.publicKey)).byteLength,
            await attempt(() => of(i, r, 264)), await attempt(() => of(i, i, 8)), await attempt(() => of(r, r, 8)), await attempt(() => of(i, {}, 8)),
            await attempt(() => subtle.importKey('jwk', own, P256, false, ['sign'])), await attempt(() => subtle.generateKey({ ...P256, namedCurve: 'P-384' }, true, ['deriveBits']))];";
    let algorithm = json!({ "name": "ECDH", "namedCurve": "P-256" });
    let shared = "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de";
    let expected = json!([
        ["private", false, algorithm, ["deriveBits"]],
        ["public", true, algorithm, []],
        shared,
        &shared[..16],
        true,
        true,
        ["public", true, algorithm, []],
        ["private", false, algorithm, ["deriveBits"]],
        65,
        "OperationError",
        "InvalidAccessError",
        "InvalidAccessError",
        "TypeError",
        "SyntaxError",
        "NotSupportedError",
    ]);
    assert_eq!(result(script).await, expected);
}
