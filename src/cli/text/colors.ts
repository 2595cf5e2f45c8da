import yocto from 'yoctocolors';

/** Colour only where a person looks: both streams go to a terminal, and nobody has said no (https://no-color.org). */
const wanted = process.stdout.isTTY === true && process.stderr.isTTY === true && !process.env.NO_COLOR;

const paint = (colour: (text: string) => string) => (text: string) => (wanted ? colour(text) : text);

export const colors = {
  bold: paint(yocto.bold),
  dim: paint(yocto.dim),
  red: paint(yocto.red),
  green: paint(yocto.green),
  yellow: paint(yocto.yellow),
} as const;
