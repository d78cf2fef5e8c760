// The parameters of `Lit.Actions`, read and checked in the order of Lit's nodes.
//
// There a parameter is an argument of an op of Deno: a text that is no string is empty, bytes are whatever `new Uint8Array` makes of the
// value, and JSON that has another form is a `TypeError`. What is blank, empty or no number is a `RangeError`, which rejects the promise.
export default () => {
  const text = (value) => (typeof value === 'string' ? value : '');
  const optionalText = (value) => (value === undefined || value === null ? value : text(value));
  const bytes = (value) => new Uint8Array(value);

  const list = (value, name) => {
    if (!Array.isArray(value)) throw new TypeError(`${name} must be an array`);
    return value;
  };

  const refuse = (message) => { throw new RangeError(message); };

  const filled = (value, name) => value.trim() === '' && refuse(`${name} must not be blank`);
  const some = (value, name) => value.length === 0 && refuse(`${name} must not be empty`);

  const number = (value, name) => {
    filled(value, name);
    const isNumber = /^0x[\da-f]{0,64}$/i.test(value) || (/^\d+$/.test(value) && BigInt(value) < 2n ** 256n);
    if (!isNumber) refuse(`${name} must be a valid U256 string`);
  };

  // For each parameter: how it is read, and how it is checked.
  const tokenId = { tokenId: [text, number] };
  const authMethod = { ...tokenId, authMethodType: [text, number], userId: [bytes, some] };
  const signing = { toSign: [bytes, some], publicKey: [text, filled], sigName: [text, filled] };
  const decrypting = {
    accessControlConditions: [list], ciphertext: [text], dataToEncryptHash: [text], authSig: [], chain: [text],
  };

  const FUNCTIONS = {
    __proto__: null,
    aesDecrypt: { symmetricKey: [bytes, some], ciphertext: [bytes, some] },
    broadcastAndCollect: { name: [text], value: [text] },
    call: { ipfsId: [text, filled], params: [] },
    callContract: { chain: [text, filled], txn: [text, filled] },
    checkConditions: {
      conditions: [list, some], authSig: [], chain: [optionalText, (value, name) => typeof value === 'string' && filled(value, name)],
    },
    claimKey: { keyId: [text, filled] },
    decryptAndCombine: decrypting,
    decryptToSingleNode: decrypting,
    getPermittedActions: tokenId,
    getPermittedAddresses: tokenId,
    getPermittedAuthMethodScopes: { ...authMethod, maxScopeId: [] },
    getPermittedAuthMethods: tokenId,
    getRpcUrl: { chain: [text] },
    isPermittedAction: { ...tokenId, ipfsId: [] },
    isPermittedAddress: { ...tokenId, address: [] },
    isPermittedAuthMethod: authMethod,
    pubkeyToTokenId: { publicKey: [text, filled] },
    signAndCombineEcdsa: { toSign: [bytes], publicKey: [text], sigName: [text] },
    signEcdsa: signing,
  };

  /** Reads the parameters of a function, which may throw. Returns them with a function that checks them. */
  const read = (name, given) => {
    const expected = FUNCTIONS[name];
    if (expected === undefined) return { parameters: given, check() {} };
    if (given === undefined || given === null) {
      const [first] = Object.keys(expected);
      throw new TypeError(`Cannot destructure property '${first}' of 'undefined' as it is undefined.`);
    }
    // Getters run once each, before anything is read.
    const values = Object.keys(expected).map((key) => [key, given[key]]);
    const parameters = {};
    for (const [key, value] of values) {
      const [reader] = expected[key];
      const found = reader ? reader(value, key) : value;
      if (found !== undefined) parameters[key] = found;
    }
    const check = () => {
      for (const [key, [, checker]] of Object.entries(expected)) checker?.(parameters[key], key);
    };
    return { parameters, check };
  };

  return { read };
}
