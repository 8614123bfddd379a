/** Something that a person can do something about: its message, one sentence, is all that is shown. */
export class Problem extends Error {}
