// Sources to send. The machine encodes and decodes all of it: as small and slow as serves the journey.

const SIZE = { width: 320, height: 180, frameRate: 15 };

export const CAMERA = { label: 'camera', kind: 'camera', size: SIZE };
export const MICROPHONE = { label: 'microphone', kind: 'microphone' };

/** Three sizes of one picture, 240, 480 and 960 wide. */
export const SIMULCAST = {
  label: 'camera',
  kind: 'camera',
  size: { width: 960, height: 540, frameRate: 15 },
  codec: 'video/VP8',
  encodings: [
    { scaleResolutionDownBy: 4, maxBitrate: 100_000, scalabilityMode: 'L1T2' },
    { scaleResolutionDownBy: 2, maxBitrate: 250_000, scalabilityMode: 'L1T2' },
    { scaleResolutionDownBy: 1, maxBitrate: 700_000, scalabilityMode: 'L1T2' },
  ],
  // Enough for all three from the beginning: a browser on a busy machine takes long to find out by itself.
  codecOptions: { videoGoogleStartBitrate: 1_500 },
};

/** The widths of the layers of SIMULCAST, by layer. */
export const WIDTHS = [240, 480, 960];
