export const successionLimits = {
  /** Steps of a will: one for each computer that hosted the room before. */
  willSteps: 8,
  /** What a room leaves behind beside its people and its chat, as JSON: the door, with the hundred who were removed last. */
  estate: 16 * 1024,
  /** Messages in one `chat:merge`: as many of the longest, in three-byte letters, as one frame holds. */
  mergedMessages: 8,
  /** Of `id` and `at` of a merged message: the year 5138. Nobody's clock is taken for right: without internet they differ by anything. */
  messageTime: 100_000_000_000_000,
} as const
