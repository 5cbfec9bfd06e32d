/** The first `count` code points from U+0100 on that are characters of their own, each once. */
export function manyCharacters(count: number): string {
  let text = '';
  for (let point = 0x100, made = 0; made < count; point++) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    text += String.fromCodePoint(point);
    made++;
  }
  return text;
}
