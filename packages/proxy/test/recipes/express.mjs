import { createNodeHandler } from '@ob/proxy/node'
import express from 'express'
import { options } from './options.mjs'

const app = express()
app.use('/onebalance', createNodeHandler(options)) // before express.json(), which would eat the body
app.use(express.json())

export const server = app.listen(process.env.PORT)
