const LONGEST = 80;

/** An id as messages quote it: at most 80 characters. */
export function quotedId(id: string): string {
  return id.length > LONGEST ? `${id.slice(0, LONGEST - 1)}…` : id;
}
