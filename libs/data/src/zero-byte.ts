/** What is wrong with a text that holds the character of code 0 unescaped: no editor and no export writes it. */
export const ZERO_BYTE =
  'a zero byte; the file is damaged, or is UTF-16 text: copy it again, or save it as UTF-8';
