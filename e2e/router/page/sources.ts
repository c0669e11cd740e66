// Pictures and sound to send.

export type SourceKind = 'camera' | 'microphone' | 'screen' | 'noise';

export type Size = { width: number; height: number; frameRate: number };

export async function openSource(kind: SourceKind, size: Size): Promise<MediaStreamTrack> {
  switch (kind) {
    case 'microphone':
      return first((await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks());
    case 'camera':
      return first((await navigator.mediaDevices.getUserMedia({ video: size })).getVideoTracks());
    case 'screen': {
      const video = { frameRate: size.frameRate };
      const stream = await navigator.mediaDevices.getDisplayMedia({ video });
      return first(stream.getVideoTracks());
    }
    case 'noise':
      return noise(size);
  }
}

function first(tracks: MediaStreamTrack[]): MediaStreamTrack {
  const track = tracks[0];
  if (track === undefined) throw new Error('no track');
  return track;
}

/** Ever changing tiles of colour: they need all the bits that an encoder may spend. */
function noise({ width, height, frameRate }: Size): MediaStreamTrack {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) throw new Error('no canvas');
  const tile = 8;
  let frame = 0;
  setInterval(() => {
    frame++;
    for (let i = 0; i < 60; i++) {
      const hue = (frame * 7 + i * 31) % 360;
      context.fillStyle = `hsl(${hue} 80% ${20 + (i % 60)}%)`;
      const x = Math.floor((Math.random() * width) / tile) * tile;
      const y = Math.floor((Math.random() * height) / tile) * tile;
      context.fillRect(x, y, tile, tile);
    }
  }, 1000 / frameRate);
  return first(canvas.captureStream(frameRate).getVideoTracks());
}
