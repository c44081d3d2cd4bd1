import { Server } from 'node:net'
import process from 'node:process'

// Presets such as `aws_amplify` always listen on port 3000, which another program may have.
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  const { HOST: host, PORT: port } = process.env
  return listen.call(this, { host, port: Number(port) }, ...args.filter(arg => typeof arg === 'function'))
}
