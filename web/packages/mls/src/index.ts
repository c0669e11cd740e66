export * from './interface.ts';
export { Busy, Closed, DecodeError, NoGroup, Trapped } from './errors.ts';
export { openEngine, wipeDatabase } from './engine.ts';
export {
  COMMIT_BYTES_MAX,
  GROUP_ID_BYTES,
  GROUP_INFO_BYTES_MAX,
  KEY_PACKAGE_BYTES_MAX,
  LEAVES_MAX,
  WELCOME_BYTES_MAX,
  decodeCommit,
  decodeGroupInfo,
  decodeKeyPackage,
  decodeWelcome,
} from './decode.ts';
export type {
  DecodedCommit,
  DecodedGroupInfo,
  DecodedKeyPackage,
  DecodedLeaf,
  DecodedWelcome,
} from './decode.ts';
export { formatDeviceId, parseDeviceId, randomDevice, sameDevice, thumbprint } from './identity.ts';
