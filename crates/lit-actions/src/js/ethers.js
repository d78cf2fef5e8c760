// Runs the slow parts of npm's ethers 5 natively: hashes, HMAC, PBKDF2, scrypt and the curve secp256k1.
//
// `evaluate` runs the bundle. What its modules export is caught while they are defined, and recognized by names. A function is replaced
// below the checks of ethers, so that arguments are read and refused as ever, and calls that the native function refuses go on to the
// replaced one. A bundle of another shape runs unchanged, as slow as JavaScript is here.
export default (host, { binaryString }, evaluate) => {
  const native = host.ethersNatives();
  const { assign, defineProperty, keys } = Object;

  // ---- What the modules of the bundle export ---------------------------------------------------

  const modules = [];

  /** Runs the bundle. TypeScript's modules mark their exports by `__esModule`, and import others by `__importDefault`. */
  const evaluateAndCatch = () => {
    const catching = function (target, name, descriptor) {
      if (name === '__esModule') modules.push(target);
      return defineProperty(target, name, descriptor);
    };
    const importDefault = (module) => {
      if (module?.__esModule) return module;
      modules.push(module);
      return { default: module };
    };
    const hook = (object, name, value) => {
      const { [name]: earlier } = Object.getOwnPropertyDescriptors(object);
      if (!Reflect.defineProperty(object, name, { value, writable: true, configurable: true })) return () => {};
      return () => (earlier ? Reflect.defineProperty(object, name, earlier) : Reflect.deleteProperty(object, name));
    };
    const unhook = [hook(Object, 'defineProperty', catching), hook(globalThis, '__importDefault', importDefault)];
    try {
      evaluate();
    } finally {
      for (const undo of unhook) undo();
    }
  };

  /** The exports with these names, as values rather than getters. */
  const exporting = (names, only) => modules.find((module) =>
    (typeof module === 'object' || typeof module === 'function') && module !== null
    && (!only || keys(module).length === names.length)
    && names.every((name) => typeof Object.getOwnPropertyDescriptor(module, name)?.value === 'function'));

  // ---- Hashes and keys -------------------------------------------------------------------------

  const isBytes = (value) => value instanceof Uint8Array;
  const bytesOfHex = (hex) => Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.substr(at * 2, 2), 16));

  /** js-sha3, which takes texts, too. */
  const speedUpKeccak = (sha3) => {
    const { keccak_256: slow } = sha3;
    const keccak256 = (message) => (isBytes(message) ? native.keccak256(binaryString(message)) : slow(message));
    sha3.keccak_256 = assign(keccak256, slow);
  };

  const HASHES = { __proto__: null, sha256: 'SHA-256', sha512: 'SHA-512' };

  const speedUpSha2 = (sha2, arrayify) => {
    const { computeHmac: slow } = sha2;
    for (const name of keys(HASHES)) {
      sha2[name] = (data) => `0x${native.digest(HASHES[name], binaryString(arrayify(data)))}`;
    }
    sha2.computeHmac = (algorithm, key, data) => {
      if (!(algorithm in HASHES)) return slow(algorithm, key, data);
      return `0x${native.hmac(HASHES[algorithm], binaryString(arrayify(key)), binaryString(arrayify(data)))}`;
    };
  };

  const isCount = (value) => Number.isInteger(value) && value > 0 && value < 2 ** 32;

  const speedUpPbkdf2 = (module, arrayify) => {
    const { pbkdf2: slow } = module;
    module.pbkdf2 = (password, salt, iterations, length, algorithm) => {
      if (!isCount(iterations) || !isCount(length) || !(algorithm in HASHES)) {
        return slow(password, salt, iterations, length, algorithm);
      }
      const texts = [binaryString(arrayify(password)), binaryString(arrayify(salt))];
      return `0x${native.pbkdf2(HASHES[algorithm], ...texts, iterations, length)}`;
    };
  };

  /** scrypt-js. */
  const speedUpScrypt = (module) => {
    const { scrypt: slow, syncScrypt: slowSync } = module;
    /** The key, or undefined for what the native function does not take. */
    const derive = (password, salt, N, r, p, length) => {
      if (!isBytes(password) || !isBytes(salt) || ![N, r, p, length].every(isCount)) return undefined;
      const hex = native.scrypt(binaryString(password), binaryString(salt), N, r, p, length);
      return hex === undefined ? undefined : bytesOfHex(hex);
    };
    module.syncScrypt = (...values) => derive(...values) ?? slowSync(...values);
    module.scrypt = async (password, salt, N, r, p, length, progress) => {
      // Whoever watches the progress may stop it at the start.
      if (progress?.(0)) throw new Error('cancelled');
      const key = derive(password, salt, N, r, p, length);
      if (key === undefined) return slow(password, salt, N, r, p, length, progress);
      progress?.(1);
      return key;
    };
  };

  // ---- secp256k1 -------------------------------------------------------------------------------

  const speedUpCurve = (module) => {
    const { EC: Elliptic } = module;

    // Numbers are hex digits: ethers only calls `toString(16)`, which strings have too.
    const signatureOf = (hex) => ({
      r: hex.slice(0, 64),
      s: hex.slice(64, 128),
      recoveryParam: parseInt(hex.slice(128), 16),
    });

    class Point {
      #slow;
      #bytes;

      /** A point that the native functions know, and the same of elliptic. */
      constructor(bytes, slow) {
        this.#bytes = bytes;
        this.#slow = slow;
      }

      static slow(point) { return point instanceof Point ? point.#slow() : point; }

      static bytes(point) { return point instanceof Point ? point.#bytes : undefined; }

      add(other) {
        const bytes = Point.bytes(other);
        const sum = bytes === undefined ? undefined : native.add(this.#bytes, bytes);
        return sum === undefined ? this.#slow().add(Point.slow(other)) : { encodeCompressed: () => sum };
      }
    }

    const pairOf = (publicKey, bytes, slow, rest) => ({
      getPublic(compressed, encoding) {
        if (encoding === 'hex') return publicKey(Boolean(compressed));
        return compressed === undefined ? new Point(bytes, () => slow().getPublic()) : slow().getPublic(compressed, encoding);
      },
      ...rest,
    });

    module.EC = class EC {
      #name;
      #curve;

      constructor(name) {
        this.#name = name;
        if (name !== 'secp256k1') this.#slow();
      }

      #slow() { return this.#curve ??= new Elliptic(this.#name); }

      #isFast(bytes) { return this.#name === 'secp256k1' && isBytes(bytes); }

      keyFromPrivate(bytes, ...rest) {
        const text = this.#isFast(bytes) && bytes.length === 32 && rest.length === 0 ? binaryString(bytes) : '';
        const hex = text && native.publicKey(text, false);
        const slow = () => this.#slow().keyFromPrivate(bytes, ...rest);
        if (!hex) return slow();
        return pairOf((compressed) => (compressed ? native.publicKey(text, true) : hex), binaryString(bytesOfHex(hex)), slow, {
          sign(digest, options) {
            const isPlain = isBytes(digest) && options?.canonical === true && keys(options).length === 1;
            const made = isPlain ? native.sign(text, binaryString(digest)) : undefined;
            return made === undefined ? slow().sign(digest, options) : signatureOf(made);
          },
          derive(point) {
            const shared = native.sharedSecret(text, Point.bytes(point) ?? '');
            return shared === undefined ? slow().derive(Point.slow(point)) : shared;
          },
        });
      }

      keyFromPublic(bytes, ...rest) {
        const text = this.#isFast(bytes) && rest.length === 0 ? binaryString(bytes) : '';
        const slow = () => this.#slow().keyFromPublic(bytes, ...rest);
        if (!text || native.point(text, true) === undefined) return slow();
        return pairOf((compressed) => native.point(text, compressed), text, slow, {
          pub: new Point(text, () => slow().pub),
        });
      }

      recoverPubKey(digest, signature, recovery, ...rest) {
        const { r, s } = signature;
        const isPlain = [digest, r, s].every((bytes) => this.#isFast(bytes) && bytes.length === 32) && rest.length === 0;
        const key = isPlain && (recovery === 0 || recovery === 1)
          ? native.recover(binaryString(digest), binaryString(r) + binaryString(s), recovery)
          : undefined;
        if (key === undefined) return this.#slow().recoverPubKey(digest, signature, recovery, ...rest);
        return { encode: (encoding, compressed) => (encoding === 'hex' && !compressed ? key : undefined) };
      }
    };
  };

  // ---- The bundle ------------------------------------------------------------------------------

  evaluateAndCatch();
  const arrayify = exporting(['arrayify', 'hexlify'])?.arrayify;
  const found = {
    keccak256: [exporting(['keccak_256', 'keccak_512']), speedUpKeccak],
    sha2: [arrayify && exporting(['ripemd160', 'sha256', 'sha512', 'computeHmac'], true), speedUpSha2],
    pbkdf2: [arrayify && exporting(['pbkdf2'], true), speedUpPbkdf2],
    scrypt: [exporting(['scrypt', 'syncScrypt'], true), speedUpScrypt],
    secp256k1: [exporting(['EC'], true), speedUpCurve],
  };
  const slow = [];
  for (const [name, [module, speedUp]] of Object.entries(found)) {
    if (module === undefined) slow.push(name);
    else speedUp(module, arrayify);
  }
  return slow;
};
