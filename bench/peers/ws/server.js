// The broadcast server of ws's README: everyone else hears what one says.
import { WebSocketServer, WebSocket } from 'ws';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.argv[2]),
  perMessageDeflate: false,
  skipUTF8Validation: true,
  clientTracking: true,
});

server.on('connection', (client) => {
  client.on('error', console.error);
  client.on('message', (data) => {
    for (const other of server.clients) {
      if (other !== client && other.readyState === WebSocket.OPEN) {
        other.send(data, { binary: false });
      }
    }
  });
});
