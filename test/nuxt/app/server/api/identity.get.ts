export default defineEventHandler(event => identityOf(event))
