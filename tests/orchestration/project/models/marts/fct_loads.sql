{{ config(meta={'lineage': true}) }}
select * from {{ ref('stg_ingestion__loads') }}
