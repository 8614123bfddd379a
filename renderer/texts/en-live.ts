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

/** Going live out of a meeting. */
export const goLive = {
  title: 'Live stream',
  start: 'Go live',
  explain:
    'Anybody with the link can watch and hear you. Only you are in it: the others in this meeting are neither seen nor heard.',
  starting: 'Starting…',
  live: 'Live',
  youAreLive: 'You are live',
  interrupted: 'Reconnecting. Your live stream goes on by itself.',
  link: 'Link to watch you',
  stop: 'Stop live',
  cameraIsOff: 'The camera is off',
  started: 'You are live now.',
  stopped: 'You are no longer live.',
  problems: {
    'access-denied': {
      what: 'This server asks for an access token.',
      next: 'Only who has it can go live. Ask whoever runs the server.',
    },
    'server-full': {
      what: 'The server has no room for another live stream right now.',
      next: 'Wait a moment, then try again.',
    },
    refused: {
      what: 'The server does not take live streams.',
      next: 'Ask whoever runs it. The call is not touched by this.',
    },
    'no-server': {
      what: 'The server cannot be reached.',
      next: 'Check your connection. Then try again.',
    },
    'no-media': {
      what: 'Sound and picture do not get through to the server.',
      next: 'The network you are on may not let them pass. Try again, or try another network.',
    },
    ended: {
      what: 'Your live stream was ended.',
      next: 'Somebody else stopped it. You can go live again, under a new link.',
    },
  },
}
