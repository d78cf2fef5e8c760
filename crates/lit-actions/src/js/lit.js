// The `Lit` object, and the parameters of the request.
//
// The engine calls the exported function after that of `prelude.js`. `config` is `{ auth, headers, functions }`, parsed
// from JSON; `functions` lists the asynchronous functions that the network answers. The engine calls the returned
// `defineGlobals` once, before the action.
export default (host, config, platform) => {
  const { apply, defineLater, part } = platform;
  const { then } = Promise.prototype;
  const { defineProperty, entries, freeze, getOwnPropertyDescriptor, values } = Object;

  const deepFreeze = (value) => {
    if (typeof value === 'object' && value !== null) {
      for (const member of values(value)) deepFreeze(member);
      freeze(value);
    }
    return value;
  };

  const actions = {
    // Deno takes what is no string as an empty one.
    setResponse({ response }) { host.setResponse(typeof response === 'string' ? response.toWellFormed() : ''); },
  };
  for (const name of ['aesDecrypt', 'pubkeyToTokenId', 'uint8arrayFromString', 'uint8arrayToString', ...config.functions]) {
    actions[name] = { [name](...given) { return part('actions')[name](...given); } }[name];
  }
  for (const action of values(actions)) freeze(action);
  freeze(actions);

  const auth = deepFreeze(config.auth ?? {});

  let fixed;
  const headers = { get() { return fixed ??= part('web').fixedHeaders(config.headers); } };

  const lit = freeze(defineProperty({ Actions: actions, Auth: auth }, 'Headers', { ...headers, enumerable: true }));

  const loadEthers = () => {
    const isAbsent = () => getOwnPropertyDescriptor(globalThis, 'ethers')?.get !== undefined;
    const evaluate = () => {
      // A module is compiled once for all nodes. What it throws is thrown again by the script.
      const imported = host.importEthers();
      if (imported) apply(then, imported, [undefined, () => {}]);
      if (isAbsent()) host.runEthers();
    };
    const slow = host.part('ethers')(host, platform, evaluate);
    if (slow.length > 0) host.warn(`this file of ethers has an unknown form: ${slow.join(', ')} run in JavaScript, which is slow`);
    const { value } = getOwnPropertyDescriptor(globalThis, 'ethers') ?? {};
    if (value === undefined) throw new Error('the file of ethers defines no ethers');
    return value;
  };

  /** Returns the error if a parameter has the name of a global that cannot change, such as `Lit`. */
  const defineGlobals = (params) => {
    defineLater('ethers', loadEthers);
    defineLater('jwt', () => part('jwt'));
    for (const [name, value] of entries({ Lit: lit, LitActions: actions, LitAuth: auth })) {
      defineProperty(globalThis, name, { value, writable: false, enumerable: true, configurable: false });
    }
    defineProperty(globalThis, 'LitHeaders', { ...headers, enumerable: true, configurable: false });
    for (const [name, value] of entries(params)) {
      const { set, writable = set !== undefined, configurable = true } = getOwnPropertyDescriptor(globalThis, name) ?? {};
      if (!writable && !configurable) {
        return 'Error building main worker: Error injecting params as globals: TypeError: '
          + `Cannot assign to read only property '${name}' of object '#<Window>'`;
      }
      defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
    }
    return undefined;
  };

  return { defineGlobals };
};
