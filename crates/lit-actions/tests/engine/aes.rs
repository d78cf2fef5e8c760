//! `Lit.Actions.aesDecrypt`.

use crate::*;

/// "legacy text, with more than one block" under the key 00, 01.. 1f and the initialization vector 07, 07.., by OpenSSL.
const CIPHERTEXT: &str = "070707070707070707070707070707079d7c88b95ebfe82fcbcd6a273ce08b22db0b58004beabd3f04bb29dc8f270e48\
                          734259525423069fda8c756b1fe71d7e";

fn decrypt(prepare: &str, arguments: &str) -> String {
    format!(
        "(async () => {{
            const symmetricKey = Uint8Array.from({{ length: 32 }}, (_, at) => at);
            const ciphertext = Lit.Actions.uint8arrayFromString('{CIPHERTEXT}', 'base16');
            {prepare};
            Lit.Actions.setResponse({{ response: await Lit.Actions.aesDecrypt({arguments}) }});
        }})()"
    )
}

#[tokio::test]
async fn decrypts_what_openssl_encrypted() {
    for arguments in [
        "{ symmetricKey, ciphertext }",
        "{ symmetricKey: [...symmetricKey], ciphertext: [...ciphertext] }",
        "{ symmetricKey: symmetricKey.buffer, ciphertext: ciphertext.buffer }",
    ] {
        let hex = outcome(&decrypt("", arguments)).await.response;
        assert_eq!(hex, hex::encode("legacy text, with more than one block"));
    }
}

#[tokio::test]
async fn what_is_no_ciphertext_under_the_key_is_refused() {
    let wrong = "Uncaught (in promise) Error: aesDecrypt: the ciphertext is not one under this key";
    for (prepare, arguments, expected) in [
        ("symmetricKey[0] = 1", "{ symmetricKey, ciphertext }", wrong),
        (
            "",
            "{ symmetricKey, ciphertext: ciphertext.slice(0, 15) }",
            wrong,
        ),
        (
            "",
            "{ symmetricKey, ciphertext: ciphertext.slice(0, 16) }",
            wrong,
        ),
        (
            "",
            "{ symmetricKey, ciphertext: ciphertext.slice(0, -1) }",
            wrong,
        ),
        (
            "",
            "{ symmetricKey: symmetricKey.slice(16), ciphertext }",
            "Uncaught (in promise) RangeError: symmetricKey must have 32 bytes, not 16",
        ),
        (
            "",
            "{ symmetricKey: [], ciphertext }",
            "Uncaught (in promise) RangeError: symmetricKey must not be empty",
        ),
        ("", "{ symmetricKey, ciphertext: [256] }", wrong),
        (
            "",
            "{ symmetricKey, ciphertext: 'ff' }",
            "Uncaught (in promise) RangeError: ciphertext must not be empty",
        ),
        (
            "",
            "",
            "Uncaught (in promise) TypeError: Cannot destructure property 'symmetricKey' of 'undefined' as it is undefined.",
        ),
    ] {
        let error = headline(&decrypt(prepare, arguments)).await;
        assert_eq!(error, expected, "{prepare} {arguments}");
    }
}
