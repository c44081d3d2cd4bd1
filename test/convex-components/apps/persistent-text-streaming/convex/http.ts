import { httpRouter } from 'convex/server'
import { answer } from './chats'

const http = httpRouter()

http.route({ path: '/chat-stream', method: 'POST', handler: answer })

export default http
