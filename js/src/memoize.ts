// Caches for derived data.

/** Caches one result for each object, for as long as the object itself is referenced elsewhere. */
export function memoize<Key extends object, Value>(compute: (key: Key) => Value): (key: Key) => Value {
  const cache = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    // Boxed, so that a result of `undefined` counts as cached.
    const entry = cache.get(key) ?? { value: compute(key) };
    cache.set(key, entry);
    return entry.value;
  };
}

/** Caches one string for each index, such as the SVG path of each patch. */
export function memoizeByIndex(compute: (index: number) => string): (index: number) => string {
  const cache: string[] = [];
  return (index) => {
    const known = cache[index];
    if (known !== undefined) return known;
    const value = compute(index);
    cache[index] = value;
    return value;
  };
}
