/** What drawings in text are made for: a terminal, or a pipe without colours. */

/** The text as it is shown in a colour or a style. */
export type Paint = (text: string) => string;

export interface Colours {
  bold: Paint;
  /** For series of a chart, one after the other and then from the first on again. */
  series: readonly Paint[];
  /** The text on one of the 256 background colours of terminals. */
  background(colour: number, text: string): string;
}

export interface Medium {
  /** Width, in columns. */
  columns: number;
  /** Where there are none, series are letters and cells are shades. */
  colours: Colours | undefined;
}

/** A heading, in bold where there are colours. */
export function heading(text: string, { colours }: Medium): string {
  return colours ? colours.bold(text) : text;
}
