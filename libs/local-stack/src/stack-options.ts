/** Ports that the user fixes; all others are chosen free. */
export interface FixedPorts {
  /** Temporal's gRPC port. */
  readonly temporal?: number;
  /** Temporal's web interface. */
  readonly ui?: number;
  readonly s3?: number;
}

/** Everything about a stack that may be chosen; each field has a default. */
export interface StackOptions {
  /** @default `.nacre` in the project root, see `projectRoot` */
  readonly stateFolder?: string;
  /** Folder that holds `temporal` and `weed`. @default `.venv/bin` in the project root */
  readonly binaryFolder?: string;
  /**
   * Read for NACRE_TEMPORAL_CLI and NACRE_WEED (paths that replace the two binaries) and
   * TEMPORAL_NAMESPACE. @default process.env
   */
  readonly environment?: NodeJS.ProcessEnv;
  /** Honoured when a server starts; a running stack keeps its ports. */
  readonly ports?: FixedPorts;
  /** @default TEMPORAL_NAMESPACE of the environment, else `default` */
  readonly namespace?: string;
  /** @default `nacre` */
  readonly bucket?: string;
  /** Refuse to start with less free space than this, in bytes. @default 512 MiB */
  readonly minimumFreeBytes?: number;
  /** Receives one sentence per step, without secrets. @default silence */
  readonly log?: (line: string) => void;
}
