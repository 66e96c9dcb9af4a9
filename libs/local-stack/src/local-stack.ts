/** The two servers of a stack, by the name that messages and the state file use. */
export type ServerName = 'temporal' | 's3';

/** Where clients reach the embedded Temporal server; always on loopback. */
export interface TemporalEndpoint {
  /** host:port of the gRPC service. */
  readonly address: string;
  readonly namespace: string;
  /** Root URL of the web interface. */
  readonly uiUrl: string;
  /** Root URL of the server's own HTTP API, e.g. for `prepareNamespace`. */
  readonly httpUrl: string;
}

/** Where clients reach the embedded S3 server, with the credentials of this stack only. */
export interface S3Endpoint {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A running pair of servers. Holds a secret: never log it whole. */
export interface LocalStack {
  /** Absolute path of the folder with the databases, the logs and the state file. */
  readonly stateFolder: string;
  readonly temporal: TemporalEndpoint;
  readonly s3: S3Endpoint;
  /** Leaders of the servers' process groups. */
  readonly pids: Readonly<Record<ServerName, number>>;
}

/** What `startLocalStack` answers. */
export interface StartedStack extends LocalStack {
  /** Servers that this call started; empty when both were running already. */
  readonly started: readonly ServerName[];
  /** Seconds from the call until both servers were usable. */
  readonly startedSeconds: number;
}
