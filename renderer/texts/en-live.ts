/** The page of a live stream. */
export const live = {
  title: 'Live stream',
  connecting: 'Connecting to the live stream',
  live: 'Live',
  waiting: {
    what: 'Nothing to see yet.',
    next: 'The picture appears by itself as soon as the camera is on.',
  },
  away: {
    what: 'The camera is away.',
    next: 'The picture goes on by itself when it is back.',
  },
  ended: { what: 'This live stream has ended.', next: 'You can close this page.' },
  problems: {
    'not-found': {
      what: 'There is no live stream at this address.',
      next: 'It may have ended. Check the link, or ask whoever sent it to you.',
    },
    'no-server': {
      what: 'The server cannot be reached.',
      next: 'Check your connection. Then try again.',
    },
    'no-media': {
      what: 'Sound and picture do not get through to you.',
      next: 'The network you are on may not let them pass. Try again, or try another network.',
    },
    refused: {
      what: 'There is no room for another viewer right now.',
      next: 'Wait a moment, then try again.',
    },
  },
  picture: 'Picture of the live stream',
  soundOn: 'Turn sound on',
  soundOff: 'Turn sound off',
  fullScreen: 'Full screen',
}
