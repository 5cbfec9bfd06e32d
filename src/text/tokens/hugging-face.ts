/** Parts of a `tokenizer.json`, as the `tokenizers` library of Hugging Face names them; regular expressions are Oniguruma's. */

/** A pre-tokenizer that cuts where a regular expression matches; what matches is a piece of its own, or left out. */
export function split(regex: string, behavior: 'Isolated' | 'Removed'): object {
  return { type: 'Split', pattern: { Regex: regex }, behavior, invert: false };
}

/** A normalizer, or a decoder. */
export function replace(pattern: { Regex: string } | { String: string }, content: string): object {
  return { type: 'Replace', pattern, content };
}
