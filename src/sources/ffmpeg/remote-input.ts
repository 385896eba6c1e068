import { ForwardProxy } from '../proxy/forward-proxy.ts';
import type { ReachState } from '../proxy/reach.ts';
import { FORMATS, FORMATS_OF_PLAYLISTS } from './formats.ts';
import type { MediaInput } from './input.ts';

/** Opens what ffmpeg reads servers through; undefined for a file. It is closed with the ffmpeg that is started with it. */
export async function openProxy({ name, remote }: MediaInput): Promise<ForwardProxy | undefined> {
  return remote && (await ForwardProxy.open(name, remote));
}

/** A playlist from a server. `remote`: where its URL has led. */
export function asRemotePlaylist(input: MediaInput, remote: ReachState, allowPlaylists: boolean): MediaInput {
  const args = input.args.map((arg) => (arg === FORMATS ? FORMATS_OF_PLAYLISTS : arg));
  return { ...input, args, remote: { ...remote, playlist: allowPlaylists ? 'any' : 'its own' } };
}
