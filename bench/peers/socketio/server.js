// A room of socket.io, with what its page on performance advises.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  perMessageDeflate: false,
  serveClient: false,
});

// The first request of each connection need not be kept.
io.engine.on('connection', (raw) => {
  raw.request = null;
});

io.on('connection', (socket) => {
  socket.join('room');
  socket.on('message', (text) => socket.to('room').emit('message', text));
});

http.listen(Number(process.argv[2]), '127.0.0.1');
