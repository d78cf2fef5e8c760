// `localStorage`, which Lit's nodes refuse to use, and `sessionStorage`, which lasts as long as the action.
export default () => {
  class Storage {}

  /** A storage over `items`, a function that gives a map or throws. */
  const storage = (items) => {
    const methods = {
      clear() { items().clear(); },
      getItem(key) { return items().get(`${key}`) ?? null; },
      key(index) { return [...items().keys()][Number(index)] ?? null; },
      removeItem(key) { items().delete(`${key}`); },
      setItem(key, value) { items().set(`${key}`, `${value}`); },
    };
    return new Proxy(Object.create(Storage.prototype), {
      get(_target, name) {
        if (typeof name === 'symbol') return undefined;
        return name === 'length' ? items().size : methods[name] ?? items().get(name);
      },
      set(_target, name, value) {
        methods.setItem(name, value);
        return true;
      },
      has(_target, name) { return name in methods || (typeof name === 'string' && items().has(name)); },
      deleteProperty(_target, name) {
        methods.removeItem(name);
        return true;
      },
      ownKeys() { return [...items().keys()]; },
      getOwnPropertyDescriptor(_target, name) {
        const value = items().get(name);
        return value === undefined ? undefined : { value, writable: true, enumerable: true, configurable: true };
      },
    });
  };

  const refuse = () => {
    throw Object.assign(new Error('LocalStorage is not supported in this context.'), { name: 'NotSupported' });
  };
  const session = new Map();
  return { localStorage: storage(refuse), sessionStorage: storage(() => session) };
};
