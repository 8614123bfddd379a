import { mount } from 'svelte'
import { LiveViewer } from '../../call/live-viewer.ts'
import { chooseTexts } from '../../texts/texts.ts'
import LivePage from './LivePage.svelte'

/** Shows the live stream of this address in place of everything else: whoever watches needs no name and no devices. */
export const openLivePage = (
  target: HTMLElement,
  stream: { readonly sessionId: string; readonly accessToken: string | null },
): void => {
  const texts = chooseTexts(navigator.language)
  const root = document.documentElement
  root.lang = texts.language
  root.dir = texts.direction
  // A picture is watched on a dark stage.
  root.dataset['theme'] = 'dark'
  const viewer = new LiveViewer({ serverUrl: location.origin, ...stream })
  mount(LivePage, { target, props: { viewer, texts } })
  viewer.start()
}
