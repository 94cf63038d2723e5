// Publish and subscribe of uWebSockets.js: a publisher does not hear itself.
const uWS = require('@trufflesuite/uws-js-unofficial');

uWS
  .App()
  .ws('/*', {
    compression: uWS.DISABLED,
    maxPayloadLength: 16 * 1024,
    maxBackpressure: 1024 * 1024,
    idleTimeout: 120,
    open: (client) => {
      client.subscribe('room');
    },
    message: (client, message, isBinary) => {
      client.publish('room', message, isBinary);
    },
  })
  .listen('127.0.0.1', Number(process.argv[2]), (listening) => {
    if (!listening) process.exit(1);
  });
